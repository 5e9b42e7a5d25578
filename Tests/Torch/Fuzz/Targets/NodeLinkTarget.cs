using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>
/// What an admitted node sends while the orchestrator waits for four replies of it: each wait ends, and nothing is written but what a
/// reply with the expected tensors says.
/// </summary>
internal sealed class NodeLinkTarget : FuzzTarget
{
    private const byte Canary = 0xC5;

    private static readonly Hello Introduction = new(1, 5, [4], "uint8", 2, "f", string.Empty, "fuzz");
    private static readonly ConnectionOptions Options = new(TimeSpan.FromDays(1), TimeSpan.FromDays(1), FrameSample.Checked);
    private static readonly StepId Step = new(1, 2, 0);

    private readonly byte[] _memory = new byte[256];

    /// <inheritdoc/>
    public override string Name => "node_link";

    /// <inheritdoc/>
    public override int ShortRun => 20_000;

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> Corpus { get; } =
        [Sequence(FrameSample.Checked), Sequence(FrameSample.Unchecked), Failures()];

    /// <inheritdoc/>
    public override byte[] NewInput(FuzzRandom random) => FrameMutations.NewInput(random, Corpus);

    /// <inheritdoc/>
    public override void Consume(byte[] input)
    {
        _memory.AsSpan().Fill(Canary);
        using var stream = new FuzzStream(input);
        var link = new NodeLink(Introduction, new Connection(stream, "fuzz"), FrameSample.Checked);
        Task[] replies =
        [
            link.RequestAsync<IndexRangeQuery, IndexRange>(new IndexRangeQuery(), default, [], CancellationToken.None),
            link.RequestAsync<ForwardPass, ForwardResult>(
                new ForwardPass(Step, 8),
                default,
                [
                    new ExpectedTensor(TensorNames.Activations, ElementType.Float32, [3, 3], _memory.AsMemory(16, 36)),
                    new ExpectedTensor(TensorNames.LogitGradients, ElementType.Float32, [3, 2], _memory.AsMemory(68, 24)),
                ],
                CancellationToken.None),
            link.RequestAsync<Backward, BackwardResult>(
                new Backward(Step),
                default,
                [new ExpectedTensor(TensorNames.ParameterGradients, ElementType.Float32, [15], _memory.AsMemory(108, 60))],
                CancellationToken.None),
            link.RequestAsync<ValidationPass, ValidationResult>(new ValidationPass(Step, 8), default, [], CancellationToken.None),
        ];
        ConnectionLostException reason = Finish(link.RunAsync(Options));
        foreach (Task reply in replies)
        {
            try
            {
                Finish(reply);
            }
            catch (Exception e) when (e is ConnectionLostException or TaskFailedException)
            {
                // As it should be.
            }
        }

        if (((byte[])[.. _memory[..16], .. _memory[52..68], .. _memory[92..108], .. _memory[168..]]).AsSpan().ContainsAnyExcept(Canary))
        {
            throw new InvalidOperationException("wrote outside of its destination");
        }

        NodeSessionTarget.Rethrow(reason, ended: false);
    }

    /// <inheritdoc/>
    public override string? KindOfRefusal(Exception e) => (e as ProtocolException)?.Error.ToString();

    /// <inheritdoc/>
    public override long MaxAllocation(byte[] input) => (256 * 1024) + (64 * input.Length);

    private static byte[] Sequence(TensorEncodingOptions options) =>
    [
        .. FrameSample.Of(new IndexRange(5), 1).Encode(options),
        .. FrameSample.Of(Heartbeat.Instance).Encode(options),
        .. FrameSample.Of(
            new ForwardResult(Step, 1.5, 2, 850),
            2,
            TensorSample.Zeros(TensorNames.Activations, 3, 3),
            TensorSample.Floats(TensorNames.LogitGradients, 3, 2)).Encode(options),
        .. FrameSample.Of(new BackwardResult(Step), 3, TensorSample.Zeros(TensorNames.ParameterGradients, 15)).Encode(options),
        .. FrameSample.Of(new ValidationResult(Step, 1.5, 2, 850), 4).Encode(options),
    ];

    private static byte[] Failures() =>
    [
        .. FrameSample.Of(new IndexRange(5), 1).Encode(FrameSample.Checked),
        .. FrameSample.Of(new TaskFailed(TaskFailureCodes.NoForward, "no forward pass is held"), 3).Encode(FrameSample.Checked),
        .. FrameSample.Of(new TaskFailed(TaskFailureCodes.Computation, "out of memory"), 2).Encode(FrameSample.Checked),
        .. FrameSample.Of(new BackwardResult(Step), 9, TensorSample.Zeros(TensorNames.ParameterGradients, 15)).Encode(FrameSample.Checked),
    ];
}
