using System.Globalization;
using System.Text;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Reporting;

/// <summary>
/// Predictions as CSV, one row a sample: <c>index,class,p0,p1,…</c>, or <c>index,y0,y1,…</c> where numbers are predicted, each with as many digits as give it
/// back to the bit. Where a probability is NaN, the class is empty. The file is a
/// <see cref="ReplacedFile"/>.
/// </summary>
internal sealed class PredictionFile : IDisposable
{
    private readonly string _path;
    private readonly ReplacedFile _file;

    private PredictionFile(string path, ReplacedFile file)
    {
        _path = path;
        _file = file;
    }

    /// <summary>Begins a file; nothing is at its place before <see cref="Write(Scores)"/> has ended.</summary>
    /// <exception cref="UserErrorException">It cannot be made.</exception>
    public static PredictionFile Create(string path)
    {
        try
        {
            return new PredictionFile(path, ReplacedFile.Create(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(path, e);
        }
    }

    /// <summary>Writes the rows and puts the file in its place.</summary>
    /// <exception cref="UserErrorException">It cannot be written.</exception>
    public void Write(Scores scores)
    {
        try
        {
            Write(_file.Content, scores);
            _file.Commit();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(_path, e);
        }
    }

    /// <summary>Writes the rows to standard output.</summary>
    /// <exception cref="UserErrorException">It takes no more.</exception>
    public static void WriteToStandardOutput(Scores scores)
    {
        try
        {
            using Stream output = Console.OpenStandardOutput();
            Write(output, scores);
        }
        catch (IOException e)
        {
            throw new UserErrorException(ExitCode.TrainingFailed, $"cannot write to standard output: {e.Message}; name a file with --output", e);
        }
    }

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

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

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
                writer.Write(string.Create(CultureInfo.InvariantCulture, $",{(predicted[i] == ClassScores.NoClass ? string.Empty : predicted[i])}"));
            }

            foreach (double number in numbers.Slice(i * width, width))
            {
                writer.Write(',');
                writer.Write(number.ToString("R", CultureInfo.InvariantCulture));
            }

            writer.WriteLine();
        }
    }

    private static UserErrorException NotWritable(string path, Exception e) =>
        new(ExitCode.TrainingFailed, $"cannot write '{path}': {FileError.ReasonOf(path, e)}; choose another --output", e);
}
