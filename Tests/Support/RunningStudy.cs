using Microsoft.Extensions.Logging.Abstractions;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Studies;
using TraversalLearning.Security;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

using ExperimentFolder = TraversalLearning.Orchestration.Studies.StudyFolder;

namespace TraversalLearning.Tests.Support;

/// <summary>A study whose server runs in this process, for workers that a test plays.</summary>
internal sealed class RunningStudy : IAsyncDisposable
{
    private static readonly Token Secret = new("a secret of the tests"u8);
    private readonly TempFolder _temp = new();
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(60));
    private readonly List<string> _said = [];
    private readonly Lock _lock = new();

    public RunningStudy(Study study)
    {
        Folder = ExperimentFolder.Open(_temp["study"], study.Name);
        Queue = StudyQueue.Create(Folder.Path, study, "the command");
        Server = StudyServer.Start(("127.0.0.1", 0), new OrchestratorSecurity(Tls: null, Secret), Queue, Folder, Changed, NullLogger.Instance);
    }

    public ExperimentFolder Folder { get; }

    public StudyQueue Queue { get; }

    public StudyServer Server { get; }

    public CancellationToken Deadline => _deadline.Token;

    /// <summary>The only row, or that of a name.</summary>
    public StudyRow Row(string? name = null) => Queue.Rows().Single(r => name is null || r.Run.Name == name);

    /// <summary>What was said of runs, so far.</summary>
    public string[] Said
    {
        get
        {
            lock (_lock)
            {
                return [.. _said];
            }
        }
    }

    /// <summary>A path of the test's own.</summary>
    public string this[params string[] names] => _temp[names];

    /// <summary>Runs that nobody does: the server does not look into them.</summary>
    public static Study StudyOf(params string[] names) =>
        new("test", [.. names.Select(n => new StudyRun(n, new Dictionary<string, string>(StringComparer.Ordinal) { ["algorithm"] = n }, 1, ["--epochs", "9"]))]);

    /// <summary>Comes as a worker.</summary>
    /// <exception cref="NodeRejectedException">It is refused.</exception>
    public async Task<PlayedWorker> JoinAsync(string name = "worker", bool sharesFolder = true, string? software = null, Token? token = null, bool hasToken = true)
    {
        var security = new NodeSecurity(Tls: null, hasToken ? token ?? Secret : null);
        var handshake = new ClientHandshake(
            "127.0.0.1",
            WorkerHello.NodeId,
            (connection, _, nonce, cancel) => connection.SendAsync(new WorkerHello(name, software ?? ProductInfo.Software, sharesFolder, nonce), cancel),
            security);
        var door = new OrchestratorConnector("127.0.0.1", Server.Endpoint.Port, handshake, TimeSpan.FromSeconds(10));
        (Connection connection, OrchestratorAnswer answer) = await door.EnterAsync(Deadline);
        return new PlayedWorker(connection, answer.WorkerWelcome!, Deadline);
    }

    /// <summary>The options of a worker program in this process.</summary>
    public WorkerOptions OptionsOf(string name) => new("127.0.0.1", Server.Endpoint.Port, name, new NodeSecurity(Tls: null, Secret)) { Scratch = _temp[name] };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Queue.Dispose();
        Folder.Dispose();
        _deadline.Dispose();
        _temp.Dispose();
    }

    private void Changed(string run, string what)
    {
        lock (_lock)
        {
            _said.Add($"{run}: {what}");
        }
    }
}

/// <summary>A worker that a test plays, question by question.</summary>
internal sealed class PlayedWorker : IAsyncDisposable
{
    private readonly Connection _connection;
    private readonly CancellationToken _deadline;
    private readonly Task _receiving;

    public PlayedWorker(Connection connection, WorkerWelcome welcome, CancellationToken deadline)
    {
        _connection = connection;
        _deadline = deadline;
        Welcome = welcome;
        Link = new StudyLink(connection);
        var encoding = new TensorEncodingOptions(new CompressionPolicy(CompressionMode.None));
        _receiving = Link.RunAsync(new ConnectionOptions(welcome.HeartbeatInterval, welcome.HeartbeatTimeout, encoding) { Limits = WireLimits.Study });
    }

    public WorkerWelcome Welcome { get; }

    public StudyLink Link { get; }

    /// <summary>Asks for a run that must be there.</summary>
    public Task<RunOffer> TakeAsync() => Link.AskAsync<RunQuery, RunOffer>(new RunQuery(), _deadline);

    /// <summary>Asks something that is answered by a verdict.</summary>
    public async Task<string> SayAsync<T>(T question)
        where T : IMessage<T> => (await Link.AskAsync<T, RunVerdict>(question, _deadline)).Verdict;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _receiving;
    }
}
