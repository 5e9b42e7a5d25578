namespace TraversalLearning.Transport;

/// <summary>Is told of every frame that a connection sends, heartbeats aside, before its first byte leaves.</summary>
public interface IOutgoingFrames
{
    /// <summary>Called for one frame at a time on each connection. An exception refuses the frame, and reaches its sender as it is.</summary>
    void Leaving(in OutgoingFrame frame);
}
