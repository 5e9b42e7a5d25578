using Microsoft.Extensions.Logging;
using TraversalLearning.Enrolment;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>Reads the orchestrator's certificates anew when they change, and ends the connections of nodes that have been revoked since.</summary>
internal sealed class CertificateWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _ending = new();
    private readonly CertificateKeeper _keeper;
    private readonly Task _running;

    private CertificateWatch(OrchestratorSecurity security, Func<IEnumerable<NodeLink>> links, ILogger log)
    {
        _keeper = CertificateKeeper.Start(security.Tls?.Source, security.Authority, CertificateKeeper.OrchestratorInterval, log);
        _running = security.Tls is { } tls ? RunAsync(tls, links, log, _ending.Token) : Task.CompletedTask;
    }

    /// <summary>Starts to watch; without TLS there is nothing to watch.</summary>
    /// <param name="security">The orchestrator's certificates.</param>
    /// <param name="links">Gives the connected nodes.</param>
    /// <param name="log">The run's log.</param>
    public static CertificateWatch Start(OrchestratorSecurity security, Func<IEnumerable<NodeLink>> links, ILogger log) => new(security, links, log);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running;
        await _keeper.DisposeAsync();
    }

    private static async Task RunAsync(ServerTls tls, Func<IEnumerable<NodeLink>> links, ILogger log, CancellationToken ending)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(ending))
            {
                tls.Source.Refresh(log);
                EndRevoked(tls, links());
            }
        }
        catch (OperationCanceledException)
        {
            // The run has ended.
        }
    }

    private static void EndRevoked(ServerTls tls, IEnumerable<NodeLink> links)
    {
        foreach (NodeLink link in links)
        {
            if (link.Certificate is { } certificate && tls.Clients?.RevocationOf(certificate) is { } revocation)
            {
                link.EndForGood(revocation);
            }
        }
    }
}
