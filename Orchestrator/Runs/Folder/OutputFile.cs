using TraversalLearning.Files;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Runs.Folder;

/// <summary>The file that <c>--output</c> names: a <see cref="ReplacedFile"/>, with the errors that a user is told.</summary>
internal sealed class OutputFile : IDisposable
{
    private readonly string _path;
    private readonly ReplacedFile _file;

    private OutputFile(string path, ReplacedFile file)
    {
        _path = path;
        _file = file;
    }

    /// <summary>Begins a file; nothing is at its place before <see cref="Write"/> has ended.</summary>
    /// <exception cref="UserErrorException">It cannot be made.</exception>
    public static OutputFile Create(string path)
    {
        try
        {
            return new OutputFile(path, ReplacedFile.Create(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(path, e);
        }
    }

    /// <summary>Writes what there is to write and puts the file in its place.</summary>
    /// <param name="write">Writes to the stream, which stays open.</param>
    /// <exception cref="UserErrorException">It cannot be written.</exception>
    public void Write(Action<Stream> write)
    {
        try
        {
            write(_file.Content);
            _file.Commit();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(_path, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static UserErrorException NotWritable(string path, Exception e) =>
        new(ExitCode.TrainingFailed, $"cannot write '{path}': {FileError.ReasonOf(path, e)}; choose another --output", e);
}
