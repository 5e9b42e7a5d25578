using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>Which messages carry tensors at all (docs/reference/protocol.md, section 6). Which tensors, of what shape, is for each step to say.</summary>
public static class MessageTensors
{
    /// <summary>Whether frames of this type may have a payload.</summary>
    public static bool AllowedIn(MessageType type) =>
        type is MessageType.ForwardPass or MessageType.ForwardResult or MessageType.ActivationResult or MessageType.LossPass or MessageType.LossResult
            or MessageType.Backward or MessageType.BackwardResult or MessageType.LocalTraining or MessageType.LocalResult
            or MessageType.GossipRound or MessageType.GossipResult
            or MessageType.TurnStart or MessageType.TurnForward or MessageType.TurnBackward or MessageType.TurnResult
            or MessageType.ValidationPass;
}
