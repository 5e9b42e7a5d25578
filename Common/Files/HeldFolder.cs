using TraversalLearning.Hosting;

namespace TraversalLearning.Files;

/// <summary>A folder locked by the one program that writes to it.</summary>
public sealed class HeldFolder : IDisposable
{
    private const string LockName = ".lock";

    // The OS releases the lock when the process ends, however it ends.
    private readonly FileStream _lock;

    private HeldFolder(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    /// <summary>The absolute path of the folder.</summary>
    public string Path { get; }

    /// <summary>Creates the folder, or opens an existing one, and locks it.</summary>
    /// <param name="path">The folder's path.</param>
    /// <param name="flag">The flag that names the folder, for the message if it cannot be written.</param>
    /// <param name="what">Noun phrase, with article, for the activity in the folder; used in the message if another
    /// program holds the lock.</param>
    /// <exception cref="UserErrorException">The folder cannot be written, or another program holds the
    /// lock.</exception>
    public static HeldFolder Take(string path, string flag, string what)
    {
        string full = System.IO.Path.GetFullPath(path);
        try
        {
            PrivateFiles.CreateFolder(full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.TrainingFailed, $"cannot write the folder '{path}': {e.Message}; choose another {flag}", e);
        }

        try
        {
            return new HeldFolder(full, PrivateFiles.Open(System.IO.Path.Combine(full, LockName), FileMode.OpenOrCreate, FileShare.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.Usage, $"cannot lock the folder '{path}': {what} is under way there ({e.Message})", e);
        }
    }

    /// <summary>Whether a program holds the lock on a folder now.</summary>
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
