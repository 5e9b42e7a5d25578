using TraversalLearning.Files;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Reporting;

/// <summary>
/// The file that <c>--output</c> names. It is written beside its place and renamed: who reads the path finds the whole file, the one that was there
/// before, or none.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private readonly string _path;
    private readonly string _temporary;
    private readonly FileStream _file;

    private OutputFile(string path, string temporary, FileStream file)
    {
        _path = path;
        _temporary = temporary;
        _file = file;
    }

    /// <summary>Begins a file, with the user's own rights; nothing is at its place before <see cref="Write"/> has ended.</summary>
    /// <exception cref="UserErrorException">It cannot be made.</exception>
    public static OutputFile Create(string path)
    {
        if (Directory.Exists(path))
        {
            throw NotWritable(path, "it is a folder", inner: null);
        }

        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            return new OutputFile(path, temporary, PrivateFiles.Open(temporary, FileMode.CreateNew));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(path, e.Message, e);
        }
    }

    /// <summary>Writes what there is to write and puts the file in its place.</summary>
    /// <param name="write">Writes to the stream, which stays open.</param>
    /// <exception cref="UserErrorException">It cannot be written.</exception>
    public void Write(Action<Stream> write)
    {
        try
        {
            write(_file);
            _file.Flush(flushToDisk: true);
            _file.Dispose();
            File.Move(_temporary, _path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(_path, e.Message, e);
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
