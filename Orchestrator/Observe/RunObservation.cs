using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Observe.Dashboard;
using TraversalLearning.Orchestration.Observe.Telemetry;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Runs;

namespace TraversalLearning.Orchestration.Observe;

/// <summary>
/// Whatever looks at the runs of a program while they go on: the live page, metrics, and TensorBoard's files. A command starts it once, has it observe each of its runs, and
/// disposes it at its end. Where nothing was asked for there is the meter alone, which nobody listens to.
/// </summary>
internal sealed partial class RunObservation : IAsyncDisposable
{
    private readonly RunMetrics _metrics;
    private readonly MeterProvider? _export;
    private readonly DashboardServer? _dashboard;
    private readonly string? _tensorBoard;

    private RunObservation(RunMetrics metrics, MeterProvider? export, DashboardServer? dashboard, string? tensorBoard) =>
        (_metrics, _export, _dashboard, _tensorBoard) = (metrics, export, dashboard, tensorBoard);

    /// <summary>The live page's address; <see langword="null"/> if there is none.</summary>
    public string? Url => _dashboard?.Url;

    /// <summary>Starts what is asked for.</summary>
    /// <param name="options">What that is.</param>
    /// <param name="log">Told where the page is.</param>
    /// <exception cref="UserErrorException">The page's address cannot be bound, or TensorBoard's folder not be written to.</exception>
    public static async Task<RunObservation> StartAsync(ObservationOptions options, OrchestratorLog log)
    {
        if (options.TensorBoard is { } folder)
        {
            TensorBoardLog.Require(folder);
        }

        var metrics = new RunMetrics();
        MeterProvider? export = options is { OtlpEndpoint: null, Dashboard: null } ? null : MetricsExport.Start(options.OtlpEndpoint, prometheus: options.Dashboard is not null);
        try
        {
            DashboardServer? dashboard = options.Dashboard is { } wanted ? await DashboardServer.StartAsync(wanted, log.ObserverFailed, export) : null;
            if (dashboard is not null)
            {
                DashboardOpened(log, dashboard.Url);
            }

            return new RunObservation(metrics, export, dashboard, options.TensorBoard);
        }
        catch
        {
            export?.Dispose();
            metrics.Dispose();
            throw;
        }
    }

    /// <summary>Observes a run that is about to begin.</summary>
    /// <returns>To be disposed when it has ended.</returns>
    public IDisposable Observe(RunRequest request) => new Observed(
        _dashboard?.Show(request), _metrics.Follow(request), _tensorBoard is null ? null : TensorBoardLog.Follow(_tensorBoard, request));

    /// <summary>Shows and counts the runs of a study.</summary>
    /// <param name="rows">Reads them; called a few times a second while somebody looks, by any thread.</param>
    public void Observe(Func<IReadOnlyList<StudyRow>> rows)
    {
        _dashboard?.Show(rows);
        _metrics.Follow(rows);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_dashboard is not null)
        {
            await _dashboard.DisposeAsync();
        }

        _export?.Dispose();
        _metrics.Dispose();
    }

    [LoggerMessage(1071, LogLevel.Information, "live page: {url}")]
    private static partial void DashboardOpened(ILogger log, string url);

    private sealed class Observed(params IDisposable?[] observers) : IDisposable
    {
        public void Dispose()
        {
            foreach (IDisposable? observer in observers)
            {
                observer?.Dispose();
            }
        }
    }
}
