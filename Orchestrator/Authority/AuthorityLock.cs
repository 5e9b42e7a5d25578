using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Authority;

/// <summary>Held while a CA's folder is changed: its server and the commands of a person may run at the same time.</summary>
internal sealed class AuthorityLock : IDisposable
{
    private const int Attempts = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly FileStream _file;

    private AuthorityLock(FileStream file) => _file = file;

    /// <summary>Waits for the lock.</summary>
    /// <exception cref="UserErrorException">Another process holds it for too long.</exception>
    public static async Task<AuthorityLock> TakeAsync(string folder)
    {
        string path = Path.Combine(folder, "lock");
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return new AuthorityLock(Files.PrivateFiles.Open(path, FileMode.OpenOrCreate, FileShare.None));
            }
            catch (IOException) when (attempt < Attempts)
            {
                await Task.Delay(Pause);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new UserErrorException(ExitCode.Usage, $"cannot lock the CA's folder '{folder}': {e.Message}", e);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
