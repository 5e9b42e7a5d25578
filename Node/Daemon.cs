using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using TraversalLearning.Hosting;
using TraversalLearning.Nodes.Agents;

namespace TraversalLearning.NodeDaemon;

/// <summary>A staying node as a service: its local status socket, signs of life for systemd, and what SIGHUP does.</summary>
/// <param name="node">The node.</param>
/// <param name="reload">Reads anew what may have changed: the orchestrators.</param>
/// <param name="systemd">The service manager.</param>
/// <param name="log">The log.</param>
internal sealed class Daemon(StayingNode node, Action reload, ServiceManager systemd, ILogger log)
{
    private static readonly TimeSpan StatusInterval = TimeSpan.FromSeconds(10);

    private readonly DateTimeOffset _since = TimeProvider.System.GetUtcNow();

    /// <summary>Runs until cancelled.</summary>
    /// <param name="socket">Answers <c>status</c>; <see langword="null"/> for none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task RunAsync(StatusSocket? socket, CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using PosixSignalRegistration? hangUp = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnHangUp);
        await using CancellationTokenRegistration stop = cancellationToken.Register(() => systemd.Notify("STOPPING=1"));
        socket?.Serve(() => NodeReport.Of(node, _since).ToJson());
        Task reporting = ReportAsync(stopping.Token);
        systemd.Notify("READY=1", StatusLine());
        try
        {
            await node.RunAsync(cancellationToken);
        }
        finally
        {
            await stopping.CancelAsync();
            await reporting;
        }
    }

    private void OnHangUp(PosixSignalContext context)
    {
        context.Cancel = true;
        systemd.Notify("RELOADING=1", $"MONOTONIC_USEC={Environment.TickCount64 * 1000}");
        try
        {
            reload();
        }
        catch (UserErrorException e)
        {
            log.ReloadFailed(e.Message);
        }

        systemd.Notify("READY=1", StatusLine());
    }

    /// <summary>A sign of life as long as the node makes progress, and its state.</summary>
    private async Task ReportAsync(CancellationToken cancellationToken)
    {
        TimeSpan interval = systemd.WatchdogInterval is { } half && half < StatusInterval ? half : StatusInterval;
        using var timer = new PeriodicTimer(interval);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (node.IsAlive)
                {
                    systemd.Notify("WATCHDOG=1", StatusLine());
                }
                else
                {
                    systemd.Notify("STATUS=makes no progress");
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The daemon ends.
        }
    }

    private string StatusLine() => $"STATUS={string.Join("; ", NodeReport.Of(node, _since).Hubs.Select(h => $"{h.Name}: {h.State}"))}".ReplaceLineEndings(" ");
}
