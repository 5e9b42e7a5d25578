namespace TraversalLearning.Transport;

/// <summary>Tells two observers of each frame, one after the other; if the first refuses it, the second is not told.</summary>
/// <param name="first">The first.</param>
/// <param name="second">The second.</param>
internal sealed class OutgoingChain(IOutgoingFrames first, IOutgoingFrames second) : IOutgoingFrames
{
    /// <summary>Both observers, as far as there are any.</summary>
    public static IOutgoingFrames? Of(IOutgoingFrames? first, IOutgoingFrames? second) =>
        first is null || second is null ? first ?? second : new OutgoingChain(first, second);

    /// <inheritdoc/>
    public void Leaving(in OutgoingFrame frame)
    {
        first.Leaving(frame);
        second.Leaving(frame);
    }
}
