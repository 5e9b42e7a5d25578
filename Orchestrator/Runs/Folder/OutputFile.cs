using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Models;

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
    public static OutputFile Create(string path) => ErrorTable.Writing.Guard(() => new OutputFile(path, ReplacedFile.Create(path)), e => NotWritable(path, e));

    /// <summary>Writes what there is to write and puts the file in its place.</summary>
    /// <param name="write">Writes to the stream, which stays open.</param>
    /// <exception cref="UserErrorException">It cannot be written.</exception>
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
