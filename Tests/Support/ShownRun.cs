using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Observe.Dashboard;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Tests.Support;

/// <summary>A live page on a free port, and a run that is made up event by event.</summary>
internal sealed class ShownRun : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly RunFolder _runFolder;
    private readonly IDisposable _shown;
    private int _round;

    private ShownRun(DashboardServer server)
    {
        Server = server;
        _runFolder = RunFolder.Create(_folder["run"]);
        Request = new RunRequest(new ClusterOptions().NewContext().Options, _runFolder);
        Request.Probe.Nodes = () => Nodes;
        _shown = server.Show(Request);
    }

    public DashboardServer Server { get; }

    public RunRequest Request { get; }

    public RunEvents Events => Request.Events;

    /// <summary>What is said of the nodes.</summary>
    public NodeReading[] Nodes { get; set; } = [];

    public static async Task<ShownRun> StartAsync(DashboardOptions? options = null) =>
        new(await DashboardServer.StartAsync(options ?? new DashboardOptions("127.0.0.1", 0, null) { Interval = TimeSpan.FromMilliseconds(20) }));

    /// <summary>A round of ten rows with a mean loss.</summary>
    public void Round(double loss) =>
        Events.Publish(new RoundCompleted(new Round(1, _round++), 1000, new RoundOutcome(LossSum: loss * 10, Hits: 5, Rows: 10, SkippedRows: 0, Visits: 1)));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _shown.Dispose();
        await Server.DisposeAsync();
        _runFolder.Dispose();
        _folder.Dispose();
    }
}
