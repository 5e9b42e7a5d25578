using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using TraversalLearning.Data;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Data.Tables;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>The session in which nodes say what their tables are like, when something goes wrong in it.</summary>
internal sealed class TablePreparationTests
{
    private const int Nodes = 3;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, Func<ProxiedFrame, Task>> Faults = new(StringComparer.Ordinal)
    {
        ["cut"] = frame => BreakAsync(frame, reset: false),
        ["reset"] = frame => BreakAsync(frame, reset: true),
        ["silence"] = frame => frame.GoSilentAsync(),
        ["lost"] = _ => Task.CompletedTask,
        ["doubled"] = async frame =>
        {
            await frame.ForwardAsync();
            await frame.ForwardAsync();
        },
        ["corrupt"] = frame =>
        {
            byte[] bytes = [.. frame.Bytes];
            bytes[^1] ^= 0x10;
            return frame.SendAsync(bytes);
        },
    };

    private readonly SampleSet _table = Tables.Read(Tables.Schema, Tables.File(Tables.Rows(50)));
    private readonly TempFolder _folder = new();
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromMinutes(5));

    private static IEnumerable<string> FaultNames => Faults.Keys;

    [OneTimeSetUp]
    public void WriteTest() => _folder.WriteTable("test", Tables.Schema, test: Tables.File(Tables.Rows(20, seed: 2)));

    [OneTimeTearDown]
    public void Clean()
    {
        _deadline.Dispose();
        _folder.Dispose();
    }

    /// <summary>Deadlines are a second long: whatever is lost is found by one.</summary>
    [Test]
    public async Task Whatever_becomes_of_a_frame_the_preparation_is_that_of_the_pooled_table(
        [Values(MessageType.Prepare, MessageType.StatisticsQuery, MessageType.Statistics)] MessageType type,
        [ValueSource(nameof(FaultNames))] string fault)
    {
        bool happened = false;
        Preparation preparation = await PrepareAsync(frame =>
        {
            bool first = frame.Type == type && frame.Number == 1;
            happened |= first;
            return first ? Faults[fault](frame) : frame.ForwardAsync();
        });
        Assert.That(happened, Is.True);
        Assert.That(preparation.ToJson(), Is.EqualTo(Pooled().ToJson()));
    }

    [Test]
    public async Task What_is_no_statistics_ends_the_run_and_names_the_node()
    {
        UserErrorException e = (await Assert.ThrowsAsync<UserErrorException>((Func<Task>)(() => PrepareAsync(async frame =>
        {
            if (frame.Type == MessageType.Statistics)
            {
                byte[] forged = FrameSample.Of(new Statistics("""{"label":"y","columns":[{"name":"x","missing":0}],"classes":[]}"""), BitConverter.ToUInt64(frame.Bytes, 8)).Encode(FrameSample.Checked);
                await frame.SendAsync(forged);
                return;
            }

            await frame.ForwardAsync();
        }))))!;
        Assert.That(e.ExitCode, Is.EqualTo(ExitCode.Data));
        Assert.That(e.Message, Does.Contain("node 1: what is said of a table makes no sense"));
    }

    [Test]
    public async Task A_node_that_comes_back_with_other_data_is_refused()
    {
        RunContext? prepared = null;
        await PrepareAsync(frame => frame.ForwardAsync(), done: p => prepared = p);
        Assert.That(prepared!.KnownData.Select(d => d.SampleCount).Sum(), Is.EqualTo(_table.Count));
        Assert.That(prepared.KnownData[0].Fingerprint, Is.EqualTo(_table.Select(Parts()[0]).Fingerprint()));
        await using var orchestrator = new TrainingSession(prepared.OnPort(0), new OrchestratorLog(NullLogger.Instance), prepared.KnownData);
        using NodeAgent other = Agent(1, orchestrator.Endpoint, _table.Select(Parts()[1]));
        NodeRejectedException e = (await Assert.ThrowsAsync<NodeRejectedException>((Func<Task>)(() => other.RunAsync(_deadline.Token))))!;
        Assert.That(e.Message, Does.Contain("came back with other data"));
    }

    private static async Task BreakAsync(ProxiedFrame frame, bool reset)
    {
        await frame.SendAsync(frame.Bytes.AsMemory(..(frame.Bytes.Length / 2)));
        await frame.CutAsync(reset);
    }

    private static NodeAgent Agent(int id, IPEndPoint endpoint, SampleSet samples) => new(
        new NodeOptions(id, endpoint.Address.ToString(), endpoint.Port, TorchSharp.torch.CPU, FrameSample.Checked) { HandshakeTimeout = Deadline },
        samples,
        Math.Max(samples.ClassesSeen(), 1),
        NullLogger.Instance);

    private RunContext NewContext()
    {
        RunContext context = new ClusterOptions
        {
            Images = Synthetic.Images(12),
            Partition = Synthetic.Partition([4, 4, 4]),
            TaskTimeout = Deadline,
            HandshakeTimeout = Deadline,
            HeartbeatInterval = Deadline / 5,
            HeartbeatTimeout = Deadline,
        }.NewContext();
        return context with { Options = context.Options with { SizedByData = true }, Files = DatasetLocator.InDirectory(_folder["test"]) };
    }

    private int[][] Parts() => Partition.RoundRobin.Deal(_table.Labels, Nodes, seed: 1);

    private Preparation Pooled() => Preparation.Of(TableStatistics.Merge([.. Parts().Select(p => TableStatistics.Of(_table.Select(p)))]));

    /// <summary>Prepares a run with nodes of which the first is behind a proxy.</summary>
    private async Task<Preparation> PrepareAsync(Func<ProxiedFrame, Task> policy, Action<RunContext>? done = null)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(_deadline.Token);
        var listening = new TaskCompletionSource<IPEndPoint>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<RunContext> preparing = TablePreparation.OfNodesAsync(
            NewContext(), new OrchestratorLog(NullLogger.Instance), _deadline.Token, listening.SetResult);
        IPEndPoint endpoint = await listening.Task;
        await using var proxy = new FaultProxy(endpoint, policy);
        NodeAgent[] agents = [.. Parts().Select((part, i) => Agent(i + 1, i == 0 ? proxy.Endpoint : endpoint, _table.Select(part)))];
        Task[] running = Array.ConvertAll(agents, agent => Task.Run(() => agent.RunAsync(stopping.Token)));
        try
        {
            RunContext prepared = await preparing;
            Assert.That(prepared.Options.Port, Is.EqualTo(endpoint.Port));
            Assert.That(prepared.Setup.Model.InputShape, Is.EqualTo((long[])[9]), "the model has taken its size");
            done?.Invoke(prepared);
            return prepared.Setup.Preparation!;
        }
        finally
        {
            await stopping.CancelAsync();
            await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Array.ForEach(agents, agent => agent.Dispose());
        }
    }
}
