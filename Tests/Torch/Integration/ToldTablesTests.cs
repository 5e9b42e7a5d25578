using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using TraversalLearning.Data;
using TraversalLearning.Data.Batches;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Data.Tables;
using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Blind;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Nodes that do not tell of fewer than five rows train together, and end as one process with what they may tell.</summary>
internal sealed class ToldTablesTests
{
    private const string Schema = """{"label":"y","categorical":["c"]}""";

    private static readonly TellRules Five = new() { MinCount = 5 };

    // 'alone' and 'odd…' are rare wherever they are, 'half' and the class 'w' at one node only; z has few values at the first node.
    private static readonly string[][] Rows =
    [
        [.. Common(20), .. Repeat(2, "1,,half,u"), .. Repeat(3, "2,,a,w"), "3,7,alone,v", "4,8,a,u"],
        [.. Common(16), .. Repeat(6, "1,3,half,u"), .. Repeat(8, "2,4,b,w"), "5,,a,v"],
        [.. Common(14), .. Enumerable.Range(0, 5).Select(i => $"{i},6,odd{i},u"), .. Repeat(5, "1,,a,v")],
    ];

    private readonly SampleSet _table = Tables.Read(Schema, Tables.File(Rows.SelectMany(r => r), "x,z,c,y"));
    private readonly SampleSet _test = Tables.Read(Schema, Tables.File([.. Common(12), "1,1,odd2,u", "1,1,a,never", "1,,b,w"], "x,z,c,y"));
    private readonly TempFolder _folder = new();
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromMinutes(2));

    private static ToldRows Told(SampleSet table) => ToldRows.Of(Five, table, [.. Rows.Select(r => r.Length)]);

    [OneTimeSetUp]
    public void WriteTest() => _folder.WriteTable("test", Schema, test: Tables.File(Common(8), "x,z,c,y"));

    [OneTimeTearDown]
    public void Clean()
    {
        _deadline.Dispose();
        _folder.Dispose();
    }

    [Test]
    public async Task What_they_train_is_what_nodes_with_only_the_told_rows_train([Values(Exchange.TwoPhase, Exchange.OnePhase)] Exchange exchange)
    {
        ToldRows told = Told(_table);
        int[][] parts = Synthetic.Partition([.. told.Counts]);
        Assert.That(told.Counts, Is.EqualTo((int[])[24, 31, 24]), "three rows of the class w stay away");
        await using var nodes = new Crew(this);
        (RunContext prepared, _) = await nodes.PrepareAsync(exchange);
        Assert.That(prepared.Setup.Preparation!.ToJson(), Is.EqualTo(Pooled(told.Rows, parts).ToJson()));
        Assert.That(prepared.KnownData, Is.EqualTo(parts.Select(p => new NodeData(p.Length, told.Rows.Select(p).Fingerprint()))));

        string hash = await TrainAsync(prepared, nodes.WhileRunningAsync);
        string expected = await TrainAsync(prepared with { KnownData = [] }, async session =>
        {
            await using var others = new LocalNodes(session.Endpoint, told.Rows, parts, classCount: 3, prepared.Device, prepared.Options.NewEncoding);
            return await others.WhileRunningAsync(token => StepsAsync(session, token), _deadline.Token);
        });
        Assert.That(hash, Is.EqualTo(expected));

        VerificationResult verified = await Verifier.RunAsync(OnFreePort(prepared), told.Rows, parts, steps: 6, progress: null, _deadline.Token);
        Assert.That((verified.IsEqual, verified.GradientDifference), Is.EqualTo((true, 0.0)).Within(1e-12));
    }

    [Test]
    public async Task No_rare_name_and_no_rare_class_is_in_what_the_orchestrator_gets()
    {
        await using var nodes = new Crew(this);
        (RunContext prepared, byte[][] frames) = await nodes.PrepareAsync(Exchange.TwoPhase);
        Preparation preparation = prepared.Setup.Preparation!;
        Assert.That(preparation.Columns[2].Category!.Names, Is.EqualTo((string[])["a", "b", "half"]));
        Assert.That(preparation.Columns[2].Category!.Other, Is.True, "the third node has five odd rows");
        Assert.That(preparation.Classes.Select(c => c.Name), Is.EqualTo((string[])["u", "v", "w"]));
        Assert.That(frames.Any(f => IsIn(f, "\"a\"")), Is.True);
        Assert.That(frames.Any(f => IsIn(f, "half") || IsIn(f, "alone") || IsIn(f, "\"w\"")), Is.False, "of the first node");
        Assert.That(nodes.Log.Lines, Has.Some.Contains(
            "[2028] kept back, as this node's rules on tables say: 3 rows of 1 rare classes, which are left out, the 2 values of 'z', 2 rare names of 'c'"));

        static bool IsIn(byte[] frame, string text) => frame.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
    }

    [Test]
    public async Task Rows_of_listed_classes_are_all_trained_on_and_nobody_learns_how_many_there_are()
    {
        const string Listed = """{"label":"y","categorical":["c"],"classes":["u","v","w","x"]}""";
        SampleSet table = Tables.Read(Listed, Tables.File(Rows.SelectMany(r => r), "x,z,c,y"));
        await using var nodes = new Crew(this) { Table = table };
        (RunContext prepared, byte[][] frames) = await nodes.PrepareAsync(Exchange.TwoPhase);
        Assert.That(prepared.Setup.Preparation!.Classes, Is.EqualTo((ClassCount[])[new("u", 0), new("v", 0), new("w", 0), new("x", 0)]));
        Assert.That(prepared.KnownData.Select(d => d.SampleCount), Is.EqualTo(Rows.Select(r => r.Length)));
        var hello = (Hello)Frames.Read(frames[0])!.Message;
        Assert.That(hello.ClassCount, Is.EqualTo(4), "not which of them is the last that occurs");
        string hash = await TrainAsync(prepared, nodes.WhileRunningAsync);
        Assert.That(hash, Is.Not.Empty);
    }

    [Test]
    public async Task Nodes_in_one_process_tell_no_more()
    {
        await using var nodes = new Crew(this) { InOneProcess = true };
        (RunContext prepared, _) = await nodes.PrepareAsync(Exchange.TwoPhase);
        ToldRows told = Told(_table);
        int[][] parts = Synthetic.Partition([.. told.Counts]);
        Assert.That(prepared.Setup.Preparation!.ToJson(), Is.EqualTo(Pooled(told.Rows, parts).ToJson()));
        Assert.That(prepared.KnownData, Is.EqualTo(parts.Select(p => new NodeData(p.Length, told.Rows.Select(p).Fingerprint()))));
    }

    [Test]
    public async Task Blind_nodes_evaluate_what_the_model_has_a_class_for()
    {
        await using var nodes = new Crew(this);
        (RunContext prepared, _) = await nodes.PrepareAsync(Exchange.Blind);
        await using var session = new TrainingSession(prepared, new OrchestratorLog(NullLogger.Instance), prepared.KnownData);
        BlindMethod method = BlindTraining.Create(session.Parts, await session.SampleCountsAsync(_deadline.Token));
        await method.Holder.BeginAsync(checkpoint: null, epochs: 0, state: null, _deadline.Token);
        RoundOutcome round = await method.RunAsync(new Round(1, 0), _deadline.Token);
        Assert.That(round.LossSum / round.Rows, Is.LessThan(5));
        Evaluation? evaluation = (await method.Holder.EvaluateAsync(1, _deadline.Token)).Evaluation;
        Assert.That(evaluation, Is.Not.Null);
        await session.FinishAsync("the test is over");
    }

    private static string[] Common(int count) => [.. Enumerable.Range(0, count).Select(i => $"{i % 7},,{(i % 2 == 0 ? 'a' : 'b')},{(i % 3 == 0 ? 'u' : 'v')}")];

    private static string[] Repeat(int count, string row) => [.. Enumerable.Repeat(row, count)];

    private static Preparation Pooled(SampleSet rows, int[][] parts) => Preparation.Of(TableStatistics.Merge([.. parts.Select(p => TableStatistics.Of(rows.Select(p), Five))]));

    private static RunContext OnFreePort(RunContext context) => context.OnPort(0) with { KnownData = [] };

    private static async Task<string> TrainAsync(RunContext context, Func<TrainingSession, Task<string>> run)
    {
        await using var session = new TrainingSession(context.KnownData.Count > 0 ? context : OnFreePort(context), new OrchestratorLog(NullLogger.Instance), context.KnownData);
        return await run(session);
    }

    private static async Task<string> StepsAsync(TrainingSession session, CancellationToken cancellationToken)
    {
        foreach (VirtualBatch batch in RunBatches.Of(session.Options, await session.SampleCountsAsync(cancellationToken)).Epoch(1))
        {
            await session.Parts.Gradients.ComputeAsync(batch, cancellationToken);
            session.Model.Update();
        }

        await session.FinishAsync("the test is over");
        return session.Model.Parameters.Sha256();
    }

    /// <summary>Three nodes with their rules, of which the first is behind a proxy that sees its frames.</summary>
    private sealed class Crew(ToldTablesTests test) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(test._deadline.Token);
        private readonly ConcurrentQueue<byte[]> _frames = [];
        private readonly List<IDisposable> _nodes = [];
        private readonly List<Task> _running = [];
        private FaultProxy? _proxy;

        public bool InOneProcess { get; init; }

        public SampleSet Table { get; init; } = test._table;

        public CapturedLog Log { get; } = new();

        public async Task<(RunContext Prepared, byte[][] Frames)> PrepareAsync(Exchange exchange)
        {
            RunContext context = new ClusterOptions { Type = ElementType.Float64, Exchange = exchange, Images = Synthetic.Images(12), Partition = Synthetic.Partition([4, 4, 4]) }.NewContext();
            context = context with { Options = context.Options with { SizedByData = true }, Files = DatasetLocator.InDirectory(test._folder["test"]) };
            var listening = new TaskCompletionSource<IPEndPoint>(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<RunContext> preparing = TablePreparation.OfNodesAsync(context, new OrchestratorLog(NullLogger.Instance), _stopping.Token, listening.SetResult);
            Start(await listening.Task);
            RunContext prepared = await preparing;
            return (prepared, [.. _frames]);
        }

        public async Task<string> WhileRunningAsync(TrainingSession session)
        {
            string hash = await StepsAsync(session, _stopping.Token);
            await Task.WhenAll(_running);
            return hash;
        }

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            await ((Task)Task.WhenAll(_running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _nodes.ForEach(n => n.Dispose());
            if (_proxy is not null)
            {
                await _proxy.DisposeAsync();
            }

            Log.Dispose();
            _stopping.Dispose();
        }

        private void Start(IPEndPoint endpoint)
        {
            _proxy = new FaultProxy(endpoint, frame =>
            {
                if (frame.Direction == Direction.ToOrchestrator)
                {
                    _frames.Enqueue(frame.Bytes);
                }

                return frame.ForwardAsync();
            });
            int[][] parts = Synthetic.Partition([.. Rows.Select(r => r.Length)]);
            if (InOneProcess)
            {
                var host = new NodeHost(Options(1, endpoint), HostedSamples.Deal(Table, 1, parts), Log.Logger("host"));
                _nodes.Add(host);
                _running.Add(Task.Run(() => host.RunAsync(_stopping.Token)));
                return;
            }

            for (int id = 1; id <= parts.Length; id++)
            {
                SampleSet own = Table.Select(parts[id - 1]);
                var agent = new NodeAgent(Options(id, id == 1 ? _proxy.Endpoint : endpoint), own, own.ClassesSeen(), Log.Logger($"node{id}"));
                _nodes.Add(agent);
                _running.Add(Task.Run(() => agent.RunAsync(_stopping.Token)));
            }

        }

        private NodeOptions Options(int id, IPEndPoint endpoint) => new(id, endpoint.Address.ToString(), endpoint.Port, TorchSharp.torch.CPU, FrameSample.Checked)
        {
            Policy = new PolicySource(NodePolicy.Permissive with { Tables = Five }), Test = node => test._test.Select([.. Enumerable.Range(0, test._test.Count).Where(i => i % Rows.Length == node - 1)]),
        };
    }
}
