using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace TraversalLearning.Hosting;

/// <summary>
/// Tells systemd about the state of this service (sd_notify(3)): datagrams of lines <c>NAME=VALUE</c> to the socket in
/// <c>NOTIFY_SOCKET</c>. Without one, nothing is sent.
/// </summary>
/// <param name="socketPath">The socket's path; <c>@</c> in front is the abstract namespace. <see langword="null"/> for none.</param>
/// <param name="watchdog">Time within which systemd expects a sign of life; <see langword="null"/> for none.</param>
public sealed class ServiceManager(string? socketPath, TimeSpan? watchdog)
{
    private const int MaxMilliseconds = 500;

    private readonly UnixDomainSocketEndPoint? _endpoint = socketPath is { Length: > 1 and <= 107 } && socketPath[0] is '/' or '@'
        ? new UnixDomainSocketEndPoint(socketPath[0] == '@' ? $"\0{socketPath[1..]}" : socketPath)
        : null;

    /// <summary>Interval between signs of life: half of what systemd allows; <see langword="null"/> if it expects none.</summary>
    public TimeSpan? WatchdogInterval { get; } = watchdog / 2;

    /// <summary>The service manager that started this process.</summary>
    /// <param name="variable">Reads an environment variable.</param>
    public static ServiceManager OfEnvironment(Func<string, string?> variable)
    {
        bool isForThis = variable("WATCHDOG_PID") is not { Length: > 0 } pid || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        TimeSpan? watchdog = isForThis && long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds) && microseconds > 0
            ? TimeSpan.FromMicroseconds(microseconds)
            : null;
        return new ServiceManager(variable("NOTIFY_SOCKET"), watchdog);
    }

    /// <summary>Sends a state. Failures are ignored: the service does not depend on its supervisor.</summary>
    /// <param name="lines">Such as <c>READY=1</c>.</param>
    public void Notify(params ReadOnlySpan<string> lines)
    {
        if (_endpoint is null)
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = MaxMilliseconds };
            socket.SendTo(Encoding.UTF8.GetBytes(string.Join('\n', lines)), _endpoint);
        }
        catch (SocketException)
        {
            // Nobody listens, or nobody reads.
        }
    }
}
