using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Wire;

namespace TraversalLearning.NodeDaemon;

/// <summary><c>status</c>: what the staying node of a state folder is doing.</summary>
internal static class StatusCommand
{
    private const int MaxReport = 16 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Creates the command.</summary>
    /// <param name="write">Where its lines go.</param>
    public static Command Create(Action<string> write)
    {
        Flag<string> stateDir = Flag.RequiredText("--state_dir", "state folder of the node", "DIR");
        Flag<bool> json = Flag.Switch("--json", "everything, as JSON ([fields](node-status.md))");
        var command = new Command("status", "Prints what a node with --stay is doing (docs/reference/node-status.md).");
        command.Options.Add(stateDir.Option);
        command.Options.Add(json.Option);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            string folder = stateDir.Get(arguments);
            byte[] bytes = await AskAsync(folder, cancellationToken);
            NodeReport report = Read(bytes, folder);
            if (json.Get(arguments))
            {
                write(System.Text.Encoding.UTF8.GetString(bytes));
            }
            else
            {
                foreach (string line in LinesOf(report))
                {
                    write(Printable.Escape(line));
                }
            }

            return (int)CodeOf(report);
        });
        return command;
    }

    /// <summary>The lines for a person.</summary>
    public static IEnumerable<string> LinesOf(NodeReport report)
    {
        yield return $"version {report.Version}, process {report.ProcessId}, since {At(report.Since)}, {Megabytes(report.BytesSent)} sent{(report.Alive ? string.Empty : "; makes no progress")}";
        foreach (HubReport hub in report.Hubs)
        {
            string run = hub.Session is null ? string.Empty : $", session {hub.Session}";
            string step = hub is { Epoch: { } epoch, Batch: { } batch } ? $", {StepId.InWords(epoch, batch)}" : string.Empty;
            string reason = hub.Reason.Length == 0 ? string.Empty : $": {hub.Reason}";
            yield return $"{hub.Name} (node {hub.NodeId}): {hub.State} since {At(hub.Since)}{run}{step}, {hub.Runs} runs ended, {Megabytes(hub.BytesSent)} sent{reason}";
        }
    }

    /// <summary>The exit code for a report.</summary>
    public static ExitCode CodeOf(NodeReport report) =>
        !report.Alive ? ExitCode.InternalError
        : report.Hubs.Any(h => h.State == HubReport.Refused) ? ExitCode.Rejected
        : ExitCode.Success;

    private static async Task<byte[]> AskAsync(string folder, CancellationToken cancellationToken)
    {
        string path = StatusSocket.PathIn(folder);
        StatusSocket.RequireFits(path);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), deadline.Token);
            return await ReadAsync(socket, deadline.Token);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            throw new UserErrorException(ExitCode.Usage, $"'{path}' is another user's; run this command as the node's user", e);
        }
        catch (SocketException e)
        {
            throw new UserErrorException(ExitCode.Network, $"no node with --stay runs with the state folder '{folder}' ({e.Message})", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UserErrorException(ExitCode.InternalError, $"the node of '{folder}' does not answer within {Patience.TotalSeconds:0} s; it may still be reading its data", e);
        }
    }

    private static async Task<byte[]> ReadAsync(Socket socket, CancellationToken cancellationToken)
    {
        using var report = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (report.Length < MaxReport && await socket.ReceiveAsync(buffer, cancellationToken) is > 0 and int read)
        {
            report.Write(buffer, 0, read);
        }

        return report.ToArray();
    }

    private static NodeReport Read(byte[] bytes, string folder)
    {
        try
        {
            return NodeReport.Read(bytes);
        }
        catch (JsonException e)
        {
            throw new UserErrorException(ExitCode.InternalError, $"the node of '{folder}' answers something else than a report; is it of another version?", e);
        }
    }

    private static string At(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB");
}
