using System.Globalization;
using System.Text;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Reporting;

/// <summary>
/// Predictions as CSV, one row a sample: <c>index,class,p0,p1,…</c>, with the names of classes where they have some, or <c>index,y0,y1,…</c> where numbers are
/// predicted, each with as many digits as give it back to the bit. The file is written beside its place and renamed: who reads the path finds the whole file, the one that was there before, or none.
/// </summary>
internal sealed class PredictionFile : IDisposable
{
    private readonly string _path;
    private readonly string _temporary;
    private readonly FileStream _file;

    private PredictionFile(string path, string temporary, FileStream file)
    {
        _path = path;
        _temporary = temporary;
        _file = file;
    }

    /// <summary>Begins a file, with the user's own rights; nothing is at its place before <see cref="Write(Prediction)"/> has ended.</summary>
    /// <exception cref="UserErrorException">It cannot be made.</exception>
    public static PredictionFile Create(string path)
    {
        if (Directory.Exists(path))
        {
            throw NotWritable(path, "it is a folder", inner: null);
        }

        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            return new PredictionFile(path, temporary, PrivateFiles.Open(temporary, FileMode.CreateNew));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(path, e.Message, e);
        }
    }

    /// <summary>Writes the rows and puts the file in its place.</summary>
    /// <exception cref="UserErrorException">It cannot be written.</exception>
    public void Write(Prediction prediction)
    {
        try
        {
            Write(_file, prediction);
            _file.Flush(flushToDisk: true);
            _file.Dispose();
            File.Move(_temporary, _path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(_path, e.Message, e);
        }
    }

    /// <summary>Writes the rows to a stream, which stays open.</summary>
    /// <exception cref="IOException">It takes no more.</exception>
    public static void Write(Stream stream, Prediction prediction)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 1 << 16, leaveOpen: true) { NewLine = "\n" };
        switch (prediction.Scores)
        {
            case ClassScores scores:
                int[] predicted = scores.Predicted.ToArray();
                string[] classes = [.. Enumerable.Range(0, scores.Classes).Select(prediction.NameOf)];
                Write(writer, ["index", "class", .. classes.Select(c => $"p{(prediction.ClassNames is null ? string.Empty : "_")}{c}")], scores.Probabilities, scores.Classes, row => classes[predicted[row]]);
                break;
            case ValueScores scores:
                Write(writer, ["index", .. Enumerable.Range(0, scores.Width).Select(c => string.Create(CultureInfo.InvariantCulture, $"y{c}"))], scores.Predicted, scores.Width, classOf: null);
                break;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();

        // Not there any more if it has been put in its place.
        File.Delete(_temporary);
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

    /// <summary>A value as RFC 4180 has it.</summary>
    private static string Quoted(string text) => text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;

    private static UserErrorException NotWritable(string path, string reason, Exception? inner) =>
        new(ExitCode.TrainingFailed, $"cannot write '{path}': {reason}; choose another --output", inner);
}
