using System.Globalization;
using System.Text;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Reporting;

/// <summary>
/// Predictions as CSV, one row a sample: <c>index,class,p0,p1,…</c>, or <c>index,y0,y1,…</c> where numbers are predicted, each with as many digits as give it
/// back to the bit.
/// </summary>
internal static class PredictionFile
{
    /// <summary>Writes the rows to a stream, which stays open.</summary>
    /// <exception cref="IOException">It takes no more.</exception>
    public static void Write(Stream stream, Scores scores)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 1 << 16, leaveOpen: true) { NewLine = "\n" };
        switch (scores)
        {
            case ClassScores classes:
                Write(writer, "index,class", "p", classes.Classes, classes.Probabilities, classes.Predicted);
                break;
            case ValueScores values:
                Write(writer, "index", "y", values.Width, values.Predicted, predicted: default);
                break;
        }
    }

    private static void Write(TextWriter writer, string firstColumns, string column, int width, ReadOnlySpan<double> numbers, ReadOnlySpan<int> predicted)
    {
        writer.Write(firstColumns);
        for (int c = 0; c < width; c++)
        {
            writer.Write(string.Create(CultureInfo.InvariantCulture, $",{column}{c}"));
        }

        writer.WriteLine();
        for (int i = 0; i < numbers.Length / width; i++)
        {
            writer.Write(i.ToString(CultureInfo.InvariantCulture));
            if (predicted.Length > 0)
            {
                writer.Write(string.Create(CultureInfo.InvariantCulture, $",{predicted[i]}"));
            }

            foreach (double number in numbers.Slice(i * width, width))
            {
                writer.Write(',');
                writer.Write(number.ToString("R", CultureInfo.InvariantCulture));
            }

            writer.WriteLine();
        }
    }
}
