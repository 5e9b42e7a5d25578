using System.Globalization;
using System.Text;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Reporting;

/// <summary>
/// Predictions as CSV, one row a sample: <c>index,class,p0,p1,…</c>, or <c>index,y0,y1,…</c> where numbers are predicted, each with as many digits as give it
/// back to the bit. Where a probability is NaN, the class is empty. The file is written
/// beside its place and renamed: who reads the path finds the whole file, the one that was there before, or none.
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

    /// <summary>Begins a file, with the user's own rights; nothing is at its place before <see cref="Write(Scores)"/> has ended.</summary>
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
    public void Write(Scores scores)
    {
        try
        {
            Write(_file, scores);
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
    public void Dispose()
    {
        _file.Dispose();

        // Not there any more if it has been put in its place.
        File.Delete(_temporary);
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

    private static UserErrorException NotWritable(string path, string reason, Exception? inner) =>
        new(ExitCode.TrainingFailed, $"cannot write '{path}': {reason}; choose another --output", inner);
}
