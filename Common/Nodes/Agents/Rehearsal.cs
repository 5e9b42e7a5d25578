using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using TraversalLearning.Data;
using TraversalLearning.Data.Tables;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Nodes.Tasks;
using TraversalLearning.SecureAggregation;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Agents;

/// <summary>
/// One step of a run as a node would do it, on its own samples, between two ends of a connection in this process: nothing
/// leaves. The other end sends what an orchestrator would, with parameters of zero. Of the policy only the rules on tables apply: the
/// site has not agreed yet.
/// </summary>
/// <param name="setup">The run.</param>
/// <param name="hosted">The node's samples, of a single node.</param>
/// <param name="options">The node's settings.</param>
/// <param name="outgoing">Is told of every frame that the node would send.</param>
public sealed class Rehearsal(TrainingSetup setup, HostedSamples hosted, NodeOptions options, IOutgoingFrames outgoing)
{
    private const int Nodes = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private static readonly ConnectionOptions Quiet = new(TimeSpan.FromHours(1), TimeSpan.FromHours(2), TensorEncodingOptions.Raw);

    private readonly HostedSamples _hosted = hosted.Told(options.Policy.Current.Tables);
    private readonly PolicySource _policy = new(NodePolicy.Permissive);
    private readonly Answers _answers = new();
    private ulong _requests;
    private long _bufferCount;

    private SampleSet Samples => _hosted.Set;

    private string Algorithm => setup.Terms?.Algorithm ?? "tl";

    private int BatchSize => setup.Terms?.BatchSize ?? 64;

    // This node's share of a batch.
    private int Rows => Math.Clamp(BatchSize / (setup.Terms?.Nodes ?? Nodes), 1, Samples.Count);

    /// <summary>Does the step.</summary>
    /// <exception cref="ModelException">The run does not fit the Samples.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        (Connection node, Connection orchestrator) = await ConnectAsync(cancellationToken);
        await using Connection here = node;
        await using Connection there = orchestrator;
        node.Outgoing = outgoing;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        await SayHelloAsync(node, orchestrator, deadline.Token);
        using var processor = new TaskProcessor(setup, Samples, options.Device, options.MaxModelBytes, options.NodeId);
        _bufferCount = processor.BufferCount;
        using var member = setup.Exchange.Kind().IsBlind ? new BlindMember(processor.Unit, processor.Own, new BlindSettings { Policy = _policy, Test = () => options.Test(options.NodeId) }) : null;
        using var session = NodeSession.OfRun(node, processor, options.Encoding, NullLogger.Instance, blind: member);
        Task<ConnectionLostException> serving = node.RunAsync(session, Quiet);
        Task<ConnectionLostException> asking = orchestrator.RunAsync(_answers, Quiet);
        await AskAsync(orchestrator, new IndexRangeQuery(), MessageType.IndexRange, deadline.Token);
        await (member is null ? StepAsync(orchestrator, deadline.Token) : BlindStepAsync(orchestrator, deadline.Token));
        node.End("the rehearsal is over");
        orchestrator.End("the rehearsal is over");
        await Task.WhenAll(serving, asking);
    }

    private static async Task<(Connection Node, Connection Orchestrator)> ConnectAsync(CancellationToken cancellationToken)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var node = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await node.ConnectAsync(listener.LocalEndpoint, cancellationToken);
        Socket orchestrator = await listener.AcceptSocketAsync(cancellationToken);
        return (new Connection(new NetworkStream(node, ownsSocket: true), "itself"), new Connection(new NetworkStream(orchestrator, ownsSocket: true), "itself"));
    }

    private async Task SayHelloAsync(Connection node, Connection orchestrator, CancellationToken cancellationToken)
    {
        await node.SendAsync(NodeAgent.HelloOf(_hosted.Shards[0], Samples), 0, default, null, Samples.Count, cancellationToken);
        await orchestrator.ReadHandshakeAsync(WireLimits.Handshake, cancellationToken);
        if (Samples.Table is not null)
        {
            await node.SendAsync(new Statistics(TableStatistics.Of(Samples, options.Policy.Current.Tables).ToJson()), 0, default, null, Samples.Count, cancellationToken);
            await orchestrator.ReadHandshakeAsync(WireLimits.Preparation, cancellationToken);
        }
    }

    private async Task StepAsync(Connection orchestrator, CancellationToken token)
    {
        var step = new StepId(1, 0, 0);
        switch (Algorithm)
        {
            case "fedavg" or "fedprox":
                await AskAsync(orchestrator, Round(step), MessageType.LocalResult, token, Model());
                break;
            case "gossip":
                await AskAsync(orchestrator, new GossipRound(Round(step), 0, 0, [], 1, []), MessageType.GossipResult, token, Model());
                break;
            case "split" or "splitfedv1" or "splitfedv2":
                await AskAsync(orchestrator, new TurnStart(step, "0000000000000001", Optimizer), MessageType.TurnAck, token, Model());
                await AskAsync(orchestrator, new TurnForward(step), MessageType.ActivationResult, token, Indices(Math.Min(BatchSize, Samples.Count)));
                await AskAsync(orchestrator, new LossPass(step), MessageType.LossResult, token, Zeros(TensorNames.Logits, [Math.Min(BatchSize, Samples.Count), setup.Model.ClassCount]));
                await AskAsync(orchestrator, new TurnBackward(step), MessageType.TurnAck, token, ActivationGradients(Math.Min(BatchSize, Samples.Count)));
                await AskAsync(orchestrator, new TurnEnd(step with { Batch = 1 }), MessageType.TurnResult, token);
                break;
            default:
                await VisitAsync(orchestrator, step, token);
                break;
        }
    }

    private async Task VisitAsync(Connection orchestrator, StepId step, CancellationToken token)
    {
        ExchangeKind exchange = setup.Exchange.Kind();
        MessageType last = exchange.SendsActivationGradients ? exchange.NodesHaveModel ? MessageType.ForwardResult : MessageType.ActivationResult : MessageType.BackwardResult;
        await AskAsync(orchestrator, new ForwardPass(step, BatchSize), last, token, Indices(Rows), Zeros(TensorNames.Parameters, [setup.NodeParameterCount]));
        if (exchange.Requests.Contains(MessageType.LossPass))
        {
            await AskAsync(orchestrator, new LossPass(step), MessageType.LossResult, token, Zeros(TensorNames.Logits, [Rows, setup.Model.ClassCount]));
        }

        if (exchange.SendsActivationGradients)
        {
            await AskAsync(orchestrator, new Backward(step), MessageType.BackwardResult, token, ActivationGradients(Rows));
        }
    }

    /// <summary>A step with two other nodes, of which only the keys are there.</summary>
    private async Task BlindStepAsync(Connection orchestrator, CancellationToken token)
    {
        int[] counts = [.. Enumerable.Repeat(Samples.Count, Math.Max(setup.Terms?.Nodes ?? Nodes, options.NodeId))];
        string run = new('0', 32);
        string terms = new BlindTerms
        {
            Run = run,
            Seed = 1,
            BatchSize = BatchSize,
            SumBits = SumFormat.DefaultBits(setup.ElementType, counts.Length),
            MinNodesPerBatch = 1,
            Skips = true,
            Optimizer = new OptimizerSettings(),
        }.ToJson();
        byte[] ofNodes = MemoryMarshal.AsBytes(counts.AsSpan()).ToArray();
        EncodedTensor numbers = EncodedTensor.Encode(TensorNames.Counts, ElementType.Int32, [counts.Length], ofNodes, TensorEncodingOptions.Raw);
        await AskAsync(orchestrator, new BlindStart(terms), MessageType.BlindReady, token, numbers, Zeros(TensorNames.Parameters, [setup.NodeParameterCount]));
        await AskAsync(orchestrator, new KeyQuery(), MessageType.KeyOffered, token);
        KeyOffer own = KeyOffer.Parse(_answers.Bytes);
        using var keys = new KeysOfOthers(run, counts.Length, options.NodeId);
        byte[] roster = new KeyRoster(run, [.. keys.Offers.Append(own).OrderBy(o => o.NodeId)]).ToBytes();
        await AskAsync(orchestrator, new KeyRound(options.NodeId), MessageType.KeyAgreed, token, EncodedTensor.OfBytes(roster));
        await AskAsync(orchestrator, new BlindStep(new StepId(1, 0, 0), [], [], default, Agree: true), MessageType.BlindSum, token);
    }

    private async Task AskAsync<T>(Connection orchestrator, T message, MessageType last, CancellationToken cancellationToken, params EncodedTensor[] tensors)
        where T : IMessage<T>
    {
        Task answered = _answers.Next(last);
        await orchestrator.SendAsync(message, ++_requests, tensors, TensorEncodingOptions.Raw, cancellationToken);
        await answered.WaitAsync(cancellationToken);
    }

    private LocalTraining Round(StepId step) => new(step, setup.Terms?.LocalEpochs ?? 1, BatchSize, "0000000000000001", Optimizer, 0);

    private static LocalOptimizer Optimizer { get; } = new("sgd", 0.1, 0, Nesterov: false, 0, 0);

    private EncodedTensor[] Model()
    {
        EncodedTensor parameters = Zeros(TensorNames.Parameters, [setup.NodeParameterCount]);
        return _bufferCount > 0 ? [parameters, Zeros(TensorNames.Buffers, [_bufferCount])] : [parameters];
    }

    private EncodedTensor ActivationGradients(int rows) => Zeros(TensorNames.ActivationGradients, [rows, .. setup.Model.ShapeBehind(setup.Cut)]);

    private static EncodedTensor Indices(int rows) => EncodedTensor.Encode(
        TensorNames.Indices, ElementType.Int32, [rows], MemoryMarshal.AsBytes(Enumerable.Range(0, rows).ToArray().AsSpan()).ToArray(), TensorEncodingOptions.Raw);

    private EncodedTensor Zeros(string name, long[] shape) => EncodedTensor.Encode(
        name, setup.ElementType, shape, new byte[shape.Aggregate((long)setup.ElementType.Size(), (a, b) => a * b)], TensorEncodingOptions.Raw);

    /// <summary>What the node answers.</summary>
    private sealed class Answers : IFrameHandler
    {
        private TaskCompletionSource _next = new();
        private MessageType _last;
        private string? _failure;

        /// <summary>The bytes of the last answer's first tensor.</summary>
        public byte[] Bytes { get; private set; } = [];

        /// <summary>Completes with the next answer of a type.</summary>
        public Task Next(MessageType last)
        {
            _last = last;
            _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _next.Task;
        }

        public bool Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
        {
            if (frame.Type is MessageType.TaskFailed)
            {
                _failure = frame.Read<TaskFailed>().Text;
            }
            else if (frame.Type is MessageType.Leave)
            {
                _failure = frame.Read<Leave>().ToString();
            }
            else if (frame.Tensors is [{ Encoding: TensorEncoding.Raw } first, ..])
            {
                destinations[0] = Bytes = new byte[first.RawLength];
            }

            return true;
        }

        public ValueTask HandleAsync(IncomingFrame frame, CancellationToken cancellationToken)
        {
            if (_failure is not null)
            {
                _next.TrySetException(new ModelException(_failure));
            }
            else if (frame.Type == _last)
            {
                _next.TrySetResult();
            }

            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Keys of nodes that are not there.</summary>
    private sealed class KeysOfOthers : IDisposable
    {
        private readonly BlindKeys[] _keys;

        public KeysOfOthers(string run, int nodes, int own) =>
            _keys = [.. Enumerable.Range(1, nodes).Where(id => id != own).Select(id => new BlindKeys(id, run, new BlindSettings()))];

        public IEnumerable<KeyOffer> Offers => _keys.Select(k => k.Offer);

        public void Dispose() => Array.ForEach(_keys, k => k.Dispose());
    }
}
