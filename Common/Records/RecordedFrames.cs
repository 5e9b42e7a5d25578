using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Records;

/// <summary>Records the messages of a connection.</summary>
/// <param name="record">The record.</param>
/// <param name="context">What they have in common.</param>
internal sealed class RecordedFrames(OutgoingRecord record, RecordContext context) : IOutgoingFrames
{
    /// <inheritdoc/>
    public void Leaving(in OutgoingFrame frame)
    {
        try
        {
            record.Append(FrameLine.Of(context, frame));
        }
        catch (RecordException) when (frame.Type == MessageType.Leave)
        {
            // The node leaves because of it, and says so; that message has nothing of its samples.
        }
    }
}
