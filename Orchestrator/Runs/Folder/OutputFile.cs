using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Models;

namespace TraversalLearning.Orchestration.Runs.Folder;

/// <summary>The file given by <c>--output</c>: a <see cref="ReplacedFile"/> with user-facing errors.</summary>
internal sealed class OutputFile : IDisposable
{
    private readonly string _path;
    private readonly ReplacedFile _file;

    private OutputFile(string path, ReplacedFile file)
    {
        _path = path;
        _file = file;
    }

    /// <summary>Creates a temporary file; the target is unchanged until <see cref="Write"/> completes.</summary>
    /// <exception cref="UserErrorException">The file cannot be created.</exception>
    public static OutputFile Create(string path) => ErrorTable.Writing.Guard(() => new OutputFile(path, ReplacedFile.Create(path)), e => NotWritable(path, e));

    /// <summary>Writes the content and moves the file into place.</summary>
    /// <param name="write">Writes to the stream, which stays open.</param>
    /// <exception cref="UserErrorException">The file cannot be written.</exception>
    public void Write(Action<Stream> write) => ErrorTable.Writing.Guard(
        () =>
        {
            write(_file.Content);
            _file.Commit();
        },
        e => NotWritable(_path, e));

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static string NotWritable(string path, Exception e) => $"cannot write '{path}': {FileError.ReasonOf(path, e)}; choose another --output";
}
