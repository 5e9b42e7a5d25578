using Microsoft.Extensions.Logging.Abstractions;
using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Tasks;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Transport;
using TraversalLearning.Wire;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>
/// What an orchestrator sends, served by a node behind its handshake: it answers or hangs up, and a shape that is not what the step
/// expects never gets as far as a computation.
/// </summary>
internal sealed class NodeSessionTarget : FuzzTarget, IDisposable
{
    private static readonly TrainingSetup TwoPhase = new(
        new ModelDescription("m", [4], 2, [new LinearLayer("fc1", 4, 3), new ReluLayer("relu1"), new LinearLayer("fc2", 3, 2)]),
        2,
        ElementType.Float32,
        Exchange.TwoPhase,
        new Normalisation(0.5, 0.5));

    private static readonly ConnectionOptions Options = new(TimeSpan.FromDays(1), TimeSpan.FromDays(1), FrameSample.Checked);
    private static readonly NullLogger Log = NullLogger.Instance;
    private static readonly StepId Step = new(1, 2, 0);

    private readonly Exchange _exchange;
    private readonly Lazy<TaskProcessor> _processor;

    /// <summary>A node that visits are made to.</summary>
    /// <param name="exchange">How.</param>
    public NodeSessionTarget(Exchange exchange)
        : this(exchange == Exchange.TwoPhase ? "node_session" : $"node_session_{exchange.ToWord()}", exchange, samples: 5, VisitsOf(exchange))
    {
    }

    private NodeSessionTarget(string name, Exchange exchange, int samples, Func<TensorEncodingOptions, byte[]> sequence)
    {
        Name = name;
        _exchange = exchange;
        byte[] labels = [0, 1, 0, 1, 1];
        _processor = new(() => new TaskProcessor(
            TwoPhase with { Exchange = exchange }, SampleSet.GreyImages(new byte[4 * samples], labels[..samples], 2, 2), CPU));
        Corpus = [sequence(FrameSample.Checked), sequence(FrameSample.Unchecked)];
    }

    /// <summary>A node that is to train on its own. It has no samples: a pass over them takes no time, however many are asked for.</summary>
    public static NodeSessionTarget Training() => new("node_session_training", Exchange.OnePhase, samples: 0, TrainingSequence);

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override int ShortRun => 20_000;

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> Corpus { get; }

    /// <inheritdoc/>
    public override byte[] NewInput(FuzzRandom random) => FrameMutations.NewInput(random, Corpus);

    /// <inheritdoc/>
    public override void Consume(byte[] input)
    {
        // Otherwise an iteration would depend on the one before.
        _processor.Value.Forget();
        _processor.Value.Gossip.Forget();
        using var stream = new FuzzStream(input);
        var connection = new Connection(stream, "fuzz");
        using (var session = NodeSession.OfRun(connection, _processor.Value, FrameSample.Checked, Log))
        {
            ConnectionLostException reason = Finish(connection.RunAsync(session, Options));
            RequireNoFailedComputation(stream.Written);
            Rethrow(reason, ended: session.Shutdown is not null);
        }
    }

    /// <inheritdoc/>
    public override string? KindOfRefusal(Exception e) => (e as ProtocolException)?.Error.ToString();

    /// <inheritdoc/>
    public override long MaxAllocation(byte[] input) => (256 * 1024) + (64 * input.Length);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_processor.IsValueCreated)
        {
            _processor.Value.Dispose();
        }
    }

    /// <summary>Throws what ended a connection, if it was anything but its regular end.</summary>
    internal static void Rethrow(ConnectionLostException reason, bool ended)
    {
        if (reason.InnerException is { } cause && !ended)
        {
            throw cause is ProtocolException ? cause : new InvalidOperationException("the connection ended in another exception", cause);
        }
    }

    private static byte[] TrainingSequence(TensorEncodingOptions options)
    {
        var request = new LocalTraining(Step, 2, 64, "00000000000003e8", new LocalOptimizer("adam", 0.1, 0, false, 0, 1), 0.01);
        return
        [
            .. FrameSample.Of(new IndexRangeQuery(), 1).Encode(options),
            .. FrameSample.Of(request, 2, TensorSample.Floats(TensorNames.Parameters, 23)).Encode(options),
            .. FrameSample.Of(request with { Step = new StepId(2, 0, 0) }, 3, TensorSample.Floats(TensorNames.Parameters, 23)).Encode(options),
            .. FrameSample.Of(new GossipRound(request, 0, 0, [2, 3], 0.5, [0.25, 0.25]), 4, TensorSample.Floats(TensorNames.Parameters, 23)).Encode(options),
            .. FrameSample.Of(
                new GossipRound(request with { Step = new StepId(2, 0, 0) }, Step.Epoch, Step.Batch, [2, 3], 0.5, [0.25, 0.25]),
                5,
                TensorSample.Floats(TensorNames.NeighborParameters, 2, 23)).Encode(options),
            .. FrameSample.Of(
                new GossipRound(request, 7, 0, [2], 0.5, [0.5]),
                6,
                TensorSample.Floats(TensorNames.NeighborParameters, 1, 23),
                TensorSample.Floats(TensorNames.Parameters, 23)).Encode(options),
            .. FrameSample.Of(new Shutdown("training is over")).Encode(options),
        ];
    }

    private static Func<TensorEncodingOptions, byte[]> VisitsOf(Exchange exchange) => options =>
    [
        .. FrameSample.Of(new IndexRangeQuery(), 1).Encode(options),
        .. FrameSample.Of(
            new ForwardPass(Step, 8), 2, TensorSample.Ints(TensorNames.Indices, 4, 0, 2), TensorSample.Zeros(TensorNames.Parameters, exchange == Exchange.Relay ? 15 : 23)).Encode(options),
        .. FrameSample.Of(Heartbeat.Instance).Encode(options),
        .. exchange == Exchange.Relay ? FrameSample.Of(new LossPass(Step), 4, TensorSample.Floats(TensorNames.Logits, 3, 2)).Encode(options) : [],
        .. FrameSample.Of(new Backward(Step), 3, TensorSample.Floats(TensorNames.ActivationGradients, 3, 3)).Encode(options),
        .. exchange == Exchange.Relay
            ? TurnSequence(options)
            : FrameSample.Of(
                new ValidationPass(Step, 2), 5, TensorSample.Ints(TensorNames.Indices, 1, 3, 0), TensorSample.Zeros(TensorNames.Parameters, 23)).Encode(options),
        .. FrameSample.Of(new Shutdown("training is over")).Encode(options),
    ];

    private static byte[] TurnSequence(TensorEncodingOptions options) =>
    [
        .. FrameSample.Of(
            new TurnStart(Step, "00000000000003e8", new LocalOptimizer("sgd", 0.1, 0.9, false, 0, 0)), 5, TensorSample.Zeros(TensorNames.Parameters, 15)).Encode(options),
        .. FrameSample.Of(new TurnForward(Step with { Batch = 0 }), 6, TensorSample.Ints(TensorNames.Indices, 4, 0, 2)).Encode(options),
        .. FrameSample.Of(new LossPass(Step with { Batch = 0 }), 7, TensorSample.Floats(TensorNames.Logits, 3, 2)).Encode(options),
        .. FrameSample.Of(new TurnBackward(Step with { Batch = 0 }), 8, TensorSample.Floats(TensorNames.ActivationGradients, 3, 3)).Encode(options),
        .. FrameSample.Of(new TurnEnd(Step with { Batch = 1 }), 9).Encode(options),
    ];

    private static void RequireNoFailedComputation(byte[] sent)
    {
        var reader = new FrameReader(new MemoryStream(sent));
        while (reader.ReadAsync(WireLimits.Session, CancellationToken.None).Now() is { } frame)
        {
            // An optimizer of another version is no damage; there, the run is to end.
            if (frame.Type == MessageType.TaskFailed
                && frame.Read<TaskFailed>() is { Code: TaskFailureCodes.Computation } failure
                && !failure.Text.Contains("wants the optimizer", StringComparison.Ordinal))
            {
                throw new InvalidOperationException(failure.Text);
            }

            foreach (TensorDescriptor tensor in frame.Tensors)
            {
                reader.SkipTensorAsync(tensor, CancellationToken.None).Now();
            }
        }
    }
}
