using System.Globalization;
using System.Text;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Reporting;

/// <summary>
/// Predictions as CSV: <c>index,class,p0,p1,…</c>, one row a sample; probabilities with as many digits as give them back to the bit. The file is written
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

    /// <summary>Begins a file, with the user's own rights; nothing is at its place before <see cref="Write(ClassScores)"/> has ended.</summary>
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
    public void Write(ClassScores scores)
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
    public static void Write(Stream stream, ClassScores scores)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 1 << 16, leaveOpen: true) { NewLine = "\n" };
        writer.Write("index,class");
        for (int c = 0; c < scores.Classes; c++)
        {
            writer.Write(string.Create(CultureInfo.InvariantCulture, $",p{c}"));
        }

        writer.WriteLine();
        for (int i = 0; i < scores.Count; i++)
        {
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"{i},{scores.Predicted[i]}"));
            foreach (double probability in scores.Probabilities.Slice(i * scores.Classes, scores.Classes))
            {
                writer.Write(',');
                writer.Write(probability.ToString("R", CultureInfo.InvariantCulture));
            }

            writer.WriteLine();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();

        // Not there any more if it has been put in its place.
        File.Delete(_temporary);
    }

    private static UserErrorException NotWritable(string path, string reason, Exception? inner) =>
        new(ExitCode.TrainingFailed, $"cannot write '{path}': {reason}; choose another --output", inner);
}
