using MessagePack;
using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>Which step, and which try at it, a task or its reply belongs to.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Batch">From 0 within the epoch.</param>
/// <param name="Attempt">From 0; one more for every time that a visit is done again.</param>
public readonly record struct StepId(int Epoch, int Batch, int Attempt)
{
    internal const int FieldCount = 3;

    /// <summary>A batch in words. People count from 1, as progress does; on the wire and in files it is counted from 0.</summary>
    /// <param name="epoch">From 1.</param>
    /// <param name="batch">From 0 within the epoch.</param>
    public static string InWords(int epoch, int batch) => $"epoch {epoch}, batch {batch + 1}";

    /// <inheritdoc/>
    public override string ToString() => Attempt == 0 ? InWords(Epoch, Batch) : $"{InWords(Epoch, Batch)}, attempt {Attempt + 1}";

    internal static StepId Read(MetadataMap metadata) =>
        new(metadata.Int32("epoch"u8), metadata.Int32("batch"u8), metadata.Int32("attempt"u8));

    internal void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("epoch"u8, Epoch);
        writer.Field("batch"u8, Batch);
        writer.Field("attempt"u8, Attempt);
    }
}
