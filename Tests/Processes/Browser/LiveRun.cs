using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Processes.Browser;

/// <summary>The real programs on a small data set, with a live page, for as long as a test needs them: an orchestrator that can be killed and resumed, and three nodes.</summary>
internal sealed class LiveRun : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _data;
    private readonly Dictionary<int, RunningProgram> _nodes = [];
    private RunningProgram _orchestrator;
    private int _port;

    private LiveRun()
    {
        _data = _folder.WriteDataset();
        _orchestrator = Start(["--output", _folder["run"], "--port", "0", "--dashboard_port", "0"]);
    }

    /// <summary>The page's address.</summary>
    public string Url { get; private set; } = string.Empty;

    /// <summary>Starts all of it; it trains for very long.</summary>
    public static async Task<LiveRun> StartAsync()
    {
        var run = new LiveRun();
        run.Url = (await run._orchestrator.WaitForLineAsync("live page: ")).Split(' ')[^1];
        run._port = await run._orchestrator.PortAsync();
        for (int id = 1; id <= 3; id++)
        {
            run.StartNode(id);
        }

        return run;
    }

    /// <summary>Starts a node, or one that was killed.</summary>
    public void StartNode(int id) => _nodes[id] = RunningProgram.StartNode(
        "--node_id", $"{id}", "--num_nodes", "3", "--port", $"{_port}", "--dataset", _data, "--threads", "1", "--device", "cpu", "--metadata", $"site=<b>{id}</b>");

    /// <summary>SIGKILL.</summary>
    public async Task KillNodeAsync(int id)
    {
        _nodes.Remove(id, out RunningProgram? node);
        await node!.KillAsync();
        await node.DisposeAsync();
    }

    /// <summary>SIGKILL, and the run goes on in another process on the same ports.</summary>
    public async Task KillOrchestratorAsync()
    {
        await _orchestrator.KillAsync();
        await _orchestrator.DisposeAsync();
    }

    /// <summary>Goes on with the run on the same ports.</summary>
    public void Resume() => _orchestrator = Start(["--resume", _folder["run"], "--port", $"{_port}", "--dashboard_port", $"{new Uri(Url).Port}"]);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (RunningProgram program in _nodes.Values.Append(_orchestrator))
        {
            await program.DisposeAsync();
        }

        _folder.Dispose();
    }

    private RunningProgram Start(string[] more) => RunningProgram.StartOrchestrator(
        ["--dataset", _data, "--num_nodes", "3", "--epochs", "1000000", "--batch_size", "16", "--threads", "1", "--device", "cpu", "--checkpoint_every", "5", .. more]);
}
