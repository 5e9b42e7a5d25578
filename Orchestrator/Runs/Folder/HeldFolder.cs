using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Models;

namespace TraversalLearning.Orchestration.Runs.Folder;

/// <summary>A folder of many runs, which one program at a time writes to.</summary>
internal sealed class HeldFolder : IDisposable
{
    private const string LockName = ".lock";

    // The system lets go of it when the program ends, however that is.
    private readonly FileStream _lock;

    private HeldFolder(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    /// <summary>The folder, from the root on.</summary>
    public string Path { get; }

    /// <summary>Makes the folder, or takes the one that is there.</summary>
    /// <param name="path">Where.</param>
    /// <param name="what">What is done there, with its article, should another program be at it.</param>
    /// <exception cref="UserErrorException">It cannot be written, or another program holds it.</exception>
    public static HeldFolder Take(string path, string what)
    {
        string full = System.IO.Path.GetFullPath(path);
        ErrorTable.Writing.Guard(() => PrivateFiles.CreateFolder(full), e => $"cannot write the folder '{path}': {e.Message}; choose another --output");
        try
        {
            return new HeldFolder(full, PrivateFiles.Open(System.IO.Path.Combine(full, LockName), FileMode.OpenOrCreate, FileShare.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.Usage, $"cannot lock the folder '{path}': {what} is under way there ({e.Message})", e);
        }
    }

    /// <summary>Whether a program holds a folder now.</summary>
    public static bool IsTaken(string path)
    {
        try
        {
            using var free = new FileStream(System.IO.Path.Combine(path, LockName), FileMode.Open, FileAccess.Write, FileShare.None);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();
}
