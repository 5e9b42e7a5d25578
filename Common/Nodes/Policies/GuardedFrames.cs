using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Policies;

/// <summary>Has a policy check each frame that leaves, before another observer is told of it.</summary>
/// <param name="guard">Enforces the policy.</param>
/// <param name="next">The other observer, if any.</param>
internal sealed class GuardedFrames(PolicyGuard guard, IOutgoingFrames? next) : IOutgoingFrames
{
    /// <inheritdoc/>
    public void Leaving(in OutgoingFrame frame)
    {
        // A node that has no budget left can still say so.
        if (frame.Type != MessageType.Leave)
        {
            guard.Send(frame.Bytes);
        }

        next?.Leaving(frame);
    }
}
