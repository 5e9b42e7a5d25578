using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using TraversalLearning.Messages;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.SecureAggregation;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Tasks;

/// <summary>Serves the blind exchange.</summary>
/// <param name="context">Computes and replies.</param>
/// <param name="member">The node's part in the run.</param>
/// <param name="log">The log.</param>
internal sealed class BlindTasks(TaskContext context, BlindMember member, ILogger log) : ITaskHandler
{
    private const int MaxNodes = 100_000;

    private readonly TaskProcessor _processor = context.Processor;
    private readonly List<byte[]> _blobs = [];
    private byte[] _counts = [];
    private byte[] _parameters = [];
    private byte[] _sum = [];

    public IReadOnlyList<MessageType> Messages { get; } =
    [
        MessageType.BlindStep, MessageType.BlindApply, MessageType.BlindStart, MessageType.KeyQuery, MessageType.KeyRound, MessageType.BlindEvaluation,
        MessageType.SealQuery, MessageType.Unseal, MessageType.BlindFinish,
    ];

    public void Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        _blobs.Clear();
        switch (frame.Type)
        {
            case MessageType.BlindStep or MessageType.BlindApply:
                AcceptSum(frame, destinations);
                break;
            case MessageType.BlindStart:
                AcceptStart(frame, destinations);
                break;
            case MessageType.KeyRound:
                AcceptBlobs(frame, destinations, least: 1, most: 2, MaxRosterLength);
                break;
            case MessageType.Unseal:
                AcceptBlobs(frame, destinations, least: 1, most: 1, MaxStateLength);
                break;
            case MessageType.BlindFinish:
                AcceptBlobs(frame, destinations, least: 0, most: 1, MaxNodes * 32);
                break;
            default:
                ReceivedTensors.RequireCount(frame, 0);
                break;
        }
    }

    public Task HandleAsync(IncomingFrame frame, CancellationToken cancellationToken) => frame.Type switch
    {
        MessageType.BlindStep => StepAsync(frame.Read<BlindStep>(), frame.RequestId, cancellationToken),
        MessageType.BlindApply => ApplyAsync(frame.Read<BlindApply>(), frame.RequestId, cancellationToken),
        MessageType.BlindStart => StartAsync(frame.Read<BlindStart>(), frame.RequestId, cancellationToken),
        MessageType.KeyQuery => OfferAsync(frame.RequestId, cancellationToken),
        MessageType.KeyRound => AgreeAsync(frame.Read<KeyRound>(), frame.RequestId, cancellationToken),
        MessageType.BlindEvaluation => EvaluateAsync(frame.Read<BlindEvaluation>(), frame.RequestId, cancellationToken),
        MessageType.SealQuery => SealAsync(frame.Read<SealQuery>().Step, frame.RequestId, cancellationToken),
        MessageType.Unseal => UnsealAsync(frame.Read<Unseal>().Step, frame.RequestId, cancellationToken),
        _ => FinishAsync(frame.Read<BlindFinish>().Step, frame.RequestId, cancellationToken),
    };

    public void Dispose()
    {
    }

    private static long MaxRosterLength => (long)KeyRoster.MaxOffers * KeyOffer.MaxLength;

    // θ and at most two tensors of an optimizer, the scale, and room for names and the seal.
    private long MaxStateLength => (3 * _processor.ParameterCount * context.Type.Size()) + (sizeof(short) * _processor.ParameterCount) + (1 << 20);

    private void AcceptSum(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        AppliedSum sum = frame.Type == MessageType.BlindStep ? frame.Read<BlindStep>().Sum : frame.Read<BlindApply>().Sum;
        ReceivedTensors.RequireCount(frame, sum.Step.Epoch > 0 ? 1 : 0);
        if (sum.Step.Epoch == 0 || member.SumShape is not { } shape || member.Format is not { } format)
        {
            return; // Nothing comes, or it is skipped, and the reply says why.
        }

        ReceivedTensors.Require(frame.Tensors[0], TensorNames.Sum, format.Integers, shape);
        destinations[0] = Room(ref _sum, frame.Tensors[0].RawLength);
    }

    private void AcceptStart(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        ReceivedTensors.RequireCount(frame, 2);
        long nodes = frame.Tensors[0].Shape is [var n] ? n : -1;
        ReceivedTensors.Require(frame.Tensors[0], TensorNames.Counts, ElementType.Int32, [Math.Clamp(nodes, 1, MaxNodes)]);
        ReceivedTensors.Require(frame.Tensors[1], TensorNames.Parameters, context.Type, [_processor.ParameterCount]);
        destinations[0] = Room(ref _counts, frame.Tensors[0].RawLength);
        destinations[1] = Room(ref _parameters, frame.Tensors[1].RawLength);
    }

    private void AcceptBlobs(IncomingFrame frame, Span<Memory<byte>> destinations, int least, int most, long maxLength)
    {
        if (frame.Tensors.Count < least || frame.Tensors.Count > most)
        {
            ProtocolException.Throw(ProtocolError.MalformedTensor, $"{frame.Type} came with {frame.Tensors.Count} tensors");
        }

        for (int i = 0; i < frame.Tensors.Count; i++)
        {
            long length = frame.Tensors[i].Shape is [var n] ? n : -1;
            ReceivedTensors.Require(frame.Tensors[i], TensorNames.Blob, ElementType.UInt8, [Math.Clamp(length, 1, Math.Min(maxLength, Array.MaxLength))]);
            _blobs.Add(new byte[length]);
            destinations[i] = _blobs[i];
        }
    }

    private static Memory<byte> Room(ref byte[] buffer, long length)
    {
        if (buffer.Length != length)
        {
            buffer = new byte[length];
        }

        return buffer;
    }

    private async Task StepAsync(BlindStep request, ulong requestId, CancellationToken cancellationToken)
    {
        (Result<(StepReply Part, string Agreement)>? output, int elapsed) = await ComputeAsync(
            "blind step",
            request.Step,
            requestId,
            () =>
            {
                ApplyIfNew(request.Sum);
                string agreement = request.Agree ? member.Agreement() : string.Empty;
                return (member.Step(request), agreement);
            },
            cancellationToken);
        if (output is null)
        {
            return;
        }

        (StepReply part, string said) = output.Value;
        var reply = new BlindSum(request.Step, said, elapsed);
        if (part is not { Sum: { } sum, Figures: { } figures })
        {
            await context.ReplyAsync(reply, requestId, cancellationToken);
            return;
        }

        context.VisitBegun(request.Step.Epoch);
        EncodedTensor masked = context.Encode(TensorNames.Sum, member.Format!.Integers, member.SumShape!, sum);
        await context.ReplyAsync(reply, requestId, [masked, Figures(figures)], part.Rows, cancellationToken);
    }

    private void ApplyIfNew(AppliedSum sum)
    {
        if (sum.Step.Epoch > 0)
        {
            Warn(sum.Step, member.Apply(sum, _sum));
        }
    }

    private void Warn(StepId step, string[] tensors)
    {
        if (tensors.Length > 0)
        {
            log.SumOfFewBits(step.ToString(), string.Join(", ", tensors));
        }
    }

    private async Task ApplyAsync(BlindApply request, ulong requestId, CancellationToken cancellationToken)
    {
        (Result<string>? output, _) = await ComputeAsync(
            "optimizer step",
            request.Sum.Step,
            requestId,
            () =>
            {
                ApplyIfNew(request.Sum);
                return member.Agreement();
            },
            cancellationToken);
        if (output is not null)
        {
            await context.ReplyAsync(new BlindApplied(output.Value), requestId, cancellationToken);
        }
    }

    private async Task StartAsync(BlindStart request, ulong requestId, CancellationToken cancellationToken)
    {
        (Result<BlindReady>? output, _) = await ComputeAsync(
            "start of a blind run", default, requestId, () => member.Start(request.Terms, MemoryMarshal.Cast<byte, int>(_counts).ToArray(), _parameters), cancellationToken);
        if (output is not null)
        {
            await context.ReplyAsync(output.Value, requestId, cancellationToken);
        }
    }

    private async Task OfferAsync(ulong requestId, CancellationToken cancellationToken)
    {
        (Result<(byte[] Offer, string GroupKey)>? output, _) = await ComputeAsync("offer of a key", default, requestId, member.Offer, cancellationToken);
        if (output is not null)
        {
            await context.ReplyAsync(new KeyOffered(output.Value.GroupKey), requestId, [Blob(output.Value.Offer)], 0, cancellationToken);
        }
    }

    private async Task AgreeAsync(KeyRound request, ulong requestId, CancellationToken cancellationToken)
    {
        byte[] roster = _blobs[0];
        byte[]? share = _blobs.Count > 1 ? _blobs[1] : null;
        (Result<(KeyAgreed Reply, byte[]? Shares)>? output, _) = await ComputeAsync(
            "agreement on keys", default, requestId, () => member.Agree(request.Maker, roster, share), cancellationToken);
        if (output is not null)
        {
            log.KeysAgreed(output.Value.Reply.KeyEpoch[..12], member.KeysAreSigned);
            EncodedTensor[] wrapped = output.Value.Shares is { Length: > 0 } shares ? [Blob(shares)] : [];
            await context.ReplyAsync(output.Value.Reply, requestId, wrapped, 0, cancellationToken);
        }
    }

    private async Task EvaluateAsync(BlindEvaluation request, ulong requestId, CancellationToken cancellationToken)
    {
        (Result<long[]>? output, int elapsed) = await ComputeAsync(
            "evaluation", request.Evaluation, requestId, () => member.Evaluate(request, cancellationToken), cancellationToken);
        if (output is not null)
        {
            var scores = new BlindScores(request.Evaluation, elapsed);
            await context.ReplyAsync(scores, requestId, [Figures(output.Value)], member.RowsOf(request.Evaluation), cancellationToken);
        }
    }

    private async Task SealAsync(StepId step, ulong requestId, CancellationToken cancellationToken)
    {
        (Result<byte[]>? output, _) = await ComputeAsync("sealing of the model", step, requestId, () => member.Seal(step), cancellationToken);
        if (output is not null)
        {
            await context.ReplyAsync(new SealedState(step), requestId, [Blob(output.Value)], _processor.SampleCount, cancellationToken);
        }
    }

    private async Task UnsealAsync(StepId step, ulong requestId, CancellationToken cancellationToken)
    {
        byte[] state = _blobs[0];
        (Result<BlindReady>? output, _) = await ComputeAsync("opening of the sealed model", step, requestId, () => member.Unseal(step, state), cancellationToken);
        if (output is not null)
        {
            log.StateRestored(step.ToString());
            await context.ReplyAsync(output.Value, requestId, cancellationToken);
        }
    }

    private async Task FinishAsync(StepId step, ulong requestId, CancellationToken cancellationToken)
    {
        byte[] consents = _blobs.Count > 0 ? _blobs[0] : [];
        (Result<(string? Path, string Sha256)>? output, _) = await ComputeAsync("end of the run", step, requestId, () => member.Finish(step, consents), cancellationToken);
        if (output is null)
        {
            return;
        }

        log.ModelKept(output.Value.Path ?? "memory only: there is no --state_dir", output.Value.Sha256);
        EncodedTensor[] model = consents.Length == 0
            ? []
            : [context.Encode(TensorNames.Parameters, [_processor.ParameterCount], member.Replica!.Parameters.ValueBytes)];
        await context.ReplyAsync(new BlindFinished(step), requestId, model, model.Length > 0 ? _processor.SampleCount : 0, cancellationToken);
    }

    private EncodedTensor Figures(long[] figures) =>
        context.Encode(TensorNames.Figures, ElementType.Int64, [figures.Length], MemoryMarshal.AsBytes<long>(figures).ToArray());

    private EncodedTensor Blob(byte[] bytes) => context.Encode(TensorNames.Blob, ElementType.UInt8, [bytes.Length], bytes);

    private async Task<(Result<T>? Result, int Microseconds)> ComputeAsync<T>(
        string task, StepId step, ulong requestId, Func<T> compute, CancellationToken cancellationToken) =>
        await context.ComputeAsync(task, step, requestId, () => new Result<T>(compute()), cancellationToken);

    /// <summary>A result of any type, as an object.</summary>
    private sealed record Result<T>(T Value);
}
