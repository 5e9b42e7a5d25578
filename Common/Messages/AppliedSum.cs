using MessagePack;
using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>Which sum comes with a message of the blind exchange.</summary>
/// <param name="Step">The step of the sum; epoch 0 if no sum comes.</param>
/// <param name="Headroom">The headroom that it was made with, as in <see cref="BlindStep"/>.</param>
/// <param name="After">The step whose sum was added to θ before it; epoch 0 for the first. A node that lacks that one must not add this one.</param>
public readonly record struct AppliedSum(StepId Step, int[] Headroom, StepId After)
{
    internal const int FieldCount = 7;

    /// <summary>Most bits of headroom: with more, a gradient is too large for any scale.</summary>
    public const int MaxHeadroom = 2048;

    /// <summary>
    /// More bits of headroom than those by which gradients of nodes can cancel. Up to here it is found in small steps, and the
    /// scale is as fine as gradients allow; beyond it a gradient is large, and the scale is found from its sum.
    /// </summary>
    public const int FineHeadroom = 64;

    /// <summary>Most parameter tensors of a model.</summary>
    public const int MaxTensors = 8192;

    /// <inheritdoc cref="AppliedSum(StepId, int[], StepId)" path="/param[@name='Headroom']"/>
    public int[] Headroom { get => field ?? []; init; } = Headroom;

    internal static AppliedSum Read(MetadataMap metadata) => new(
        new StepId(metadata.Int32("applied_epoch"u8), metadata.Int32("applied_batch"u8), metadata.Int32("applied_attempt"u8)),
        metadata.Int32Array("applied_headroom"u8, MaxTensors, MaxHeadroom),
        new StepId(metadata.Int32("after_epoch"u8), metadata.Int32("after_batch"u8), metadata.Int32("after_attempt"u8)));

    internal void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("applied_epoch"u8, Step.Epoch);
        writer.Field("applied_batch"u8, Step.Batch);
        writer.Field("applied_attempt"u8, Step.Attempt);
        writer.Field("applied_headroom"u8, Headroom);
        writer.Field("after_epoch"u8, After.Epoch);
        writer.Field("after_batch"u8, After.Batch);
        writer.Field("after_attempt"u8, After.Attempt);
    }
}
