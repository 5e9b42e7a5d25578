using System.Net.Sockets;
using TraversalLearning.Files;
using TraversalLearning.Hosting;

namespace TraversalLearning.NodeDaemon;

/// <summary>
/// The local socket <c>status.sock</c> in the state folder, for its owner only. A client gets one report and is disconnected;
/// nothing is read from it. The lock of <c>status.lock</c> ends with the process, so a socket without one is left over.
/// </summary>
internal sealed class StatusSocket : IDisposable
{
    private const int MaxPathBytes = 107;
    private const int MaxWaiting = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly string _path;
    private readonly FileStream _lock;
    private readonly Socket _listener;
    private readonly ManualResetEventSlim _ended = new();
    private Thread? _serving;

    private StatusSocket(string path, FileStream heldLock, Socket listener) => (_path, _lock, _listener) = (path, heldLock, listener);

    /// <summary>The socket's path in a state folder.</summary>
    public static string PathIn(string stateFolder) => Path.Combine(Path.GetFullPath(stateFolder), "status.sock");

    /// <summary>Takes the state folder for this process, and listens.</summary>
    /// <exception cref="UserErrorException">Another process has the folder, or the socket cannot be made.</exception>
    public static StatusSocket Open(string stateFolder)
    {
        string path = PathIn(stateFolder);
        RequireFits(path);
        FileStream held = Lock(stateFolder);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(path);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            KeepPrivate(path);
            listener.Listen(MaxWaiting);
            return new StatusSocket(path, held, listener);
        }
        catch (Exception e)
        {
            listener.Dispose();
            held.Dispose();
            throw e is SocketException or IOException or UnauthorizedAccessException
                ? new UserErrorException(ExitCode.Usage, $"--state_dir: cannot make the socket '{path}': {e.Message}", e)
                : e;
        }
    }

    /// <summary>Requires that a socket can have this path.</summary>
    /// <exception cref="UserErrorException">It is too long.</exception>
    public static void RequireFits(string path)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(path) > MaxPathBytes)
        {
            throw new UserErrorException(ExitCode.Usage, $"--state_dir: '{path}' has more than {MaxPathBytes} bytes, the most for a socket; choose a shorter folder");
        }
    }

    /// <summary>Answers clients until disposed, on a thread of its own: sockets of the runtime wait while a node computes.</summary>
    /// <param name="report">The report at this moment.</param>
    public void Serve(Func<byte[]> report)
    {
        _serving = new Thread(() => AnswerAll(report)) { IsBackground = true, Name = "status" };
        _serving.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended.Set();
        _listener.Dispose();
        _serving?.Join(Patience);
        File.Delete(_path);
        _lock.Dispose();
    }

    private void AnswerAll(Func<byte[]> report)
    {
        while (!_ended.IsSet)
        {
            try
            {
                using Socket client = _listener.Accept();
                client.SendTimeout = (int)Patience.TotalMilliseconds;
                client.Send(report());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // This client is gone or does not read, or the socket is closed. Out of descriptors, the next attempt would fail at once too.
                _ended.Wait(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    private static FileStream Lock(string stateFolder)
    {
        string path = Path.Combine(stateFolder, "status.lock");
        try
        {
            PrivateFiles.CreateFolder(stateFolder);
            return PrivateFiles.Open(path, FileMode.OpenOrCreate, FileShare.None);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new UserErrorException(ExitCode.Usage, $"--state_dir: another node uses '{stateFolder}'; stop it, or choose another folder", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.Usage, $"--state_dir: cannot write to '{stateFolder}': {FileError.ReasonOf(path, e)}", e);
        }
    }

    private static void KeepPrivate(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }
}
