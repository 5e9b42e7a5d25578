using System.Globalization;
using System.Text;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Training.Scoring;

namespace TraversalLearning.Orchestration.Runs.Folder;

/// <summary>
/// Predictions as CSV, one row per sample: <c>index,class,p0,p1,…</c>, with class names if there are any, or
/// <c>index,y0,y1,…</c> for numeric predictions. Numbers have enough digits to be read back exactly. The class is empty
/// where a probability is NaN.
/// </summary>
internal static class PredictionFile
{
    /// <summary>Writes the rows to standard output.</summary>
    /// <exception cref="UserErrorException">Standard output cannot be written.</exception>
    public static void WriteToStandardOutput(Prediction prediction)
    {
        try
        {
            using Stream output = Console.OpenStandardOutput();
            Write(output, prediction);
        }
        catch (IOException e)
        {
            throw new UserErrorException(ExitCode.TrainingFailed, $"cannot write to standard output: {e.Message}; name a file with --output", e);
        }
    }

    /// <summary>Writes the rows to a stream, which stays open.</summary>
    /// <exception cref="IOException">The stream cannot be written.</exception>
    public static void Write(Stream stream, Prediction prediction)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 1 << 16, leaveOpen: true) { NewLine = "\n" };
        switch (prediction.Scores)
        {
            case ClassScores scores:
                int[] predicted = scores.Predicted.ToArray();
                string[] classes = [.. Enumerable.Range(0, scores.Classes).Select(prediction.NameOf)];
                Write(writer, ["index", "class", .. classes.Select(c => $"p{(prediction.ClassNames is null ? string.Empty : "_")}{c}")], scores.Probabilities, scores.Classes, row => predicted[row] == ClassScores.NoClass ? string.Empty : classes[predicted[row]]);
                break;
            case ValueScores scores:
                Write(writer, ["index", .. Enumerable.Range(0, scores.Width).Select(c => string.Create(CultureInfo.InvariantCulture, $"y{c}"))], scores.Predicted, scores.Width, classOf: null);
                break;
        }
    }

    private static void Write(TextWriter writer, string[] header, ReadOnlySpan<double> numbers, int width, Func<int, string>? classOf)
    {
        writer.WriteLine(string.Join(',', header.Select(Quoted)));
        for (int row = 0; row < numbers.Length / width; row++)
        {
            writer.Write(row.ToString(CultureInfo.InvariantCulture));
            if (classOf is not null)
            {
                writer.Write(',');
                writer.Write(Quoted(classOf(row)));
            }

            foreach (double number in numbers.Slice(row * width, width))
            {
                writer.Write(',');
                writer.Write(number.ToString("R", CultureInfo.InvariantCulture));
            }

            writer.WriteLine();
        }
    }

    /// <summary>Quotes a field as in RFC 4180.</summary>
    private static string Quoted(string text) => text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
