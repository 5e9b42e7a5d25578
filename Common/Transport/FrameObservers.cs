namespace TraversalLearning.Transport;

/// <summary>Two observers of the frames that leave, one after the other.</summary>
internal sealed class FrameObservers : IOutgoingFrames
{
    private readonly IOutgoingFrames _first;
    private readonly IOutgoingFrames _second;

    private FrameObservers(IOutgoingFrames first, IOutgoingFrames second) => (_first, _second) = (first, second);

    /// <summary>Both observers, or the one that there is.</summary>
    public static IOutgoingFrames? Of(IOutgoingFrames? first, IOutgoingFrames? second) =>
        first is null ? second : second is null ? first : new FrameObservers(first, second);

    /// <inheritdoc/>
    public void Leaving(in OutgoingFrame frame)
    {
        _first.Leaving(frame);
        _second.Leaving(frame);
    }
}
