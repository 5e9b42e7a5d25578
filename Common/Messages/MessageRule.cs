using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>
/// The allowed senders and phases of a message, and whether it carries tensors (docs/reference/protocol.md, section 6). The
/// tensors' names and shapes are checked by each step.
/// </summary>
/// <param name="Senders">The allowed senders.</param>
/// <param name="Phases">The allowed phases.</param>
/// <param name="HasTensors">Whether its frames may have a payload.</param>
public readonly record struct MessageRule(Senders Senders, Phases Phases, bool HasTensors = false)
{
    // A table, since every frame is looked up and a type is one byte.
    private static readonly MessageRule[] Rules = [.. Enumerable.Range(0, byte.MaxValue + 1).Select(type => RuleOf((MessageType)type))];

    /// <summary>The rule of a message type; an undefined type has no allowed senders.</summary>
    public static MessageRule Of(MessageType type) => Rules[(byte)type];

    /// <summary>Whether this sender may send the message in one of these phases.</summary>
    public bool Allows(Senders sender, Phases phases) => (Senders & sender) != Senders.None && (Phases & phases) != Phases.None;

    private static MessageRule RuleOf(MessageType type) => type switch
    {
        MessageType.Hello => new(Senders.Node, Phases.Handshake),
        MessageType.Decline => new(Senders.Node, Phases.Handshake),
        MessageType.Challenge => new(Senders.Orchestrator | Senders.Study, Phases.Handshake),
        MessageType.Proof => new(Senders.Node | Senders.Worker, Phases.Handshake),
        MessageType.Reject => new(Senders.Orchestrator | Senders.Study | Senders.Authority, Phases.Handshake),
        MessageType.Welcome => new(Senders.Orchestrator, Phases.Admission),
        MessageType.Prepare => new(Senders.Orchestrator, Phases.Admission),
        MessageType.WorkerHello => new(Senders.Worker, Phases.Handshake),
        MessageType.WorkerWelcome => new(Senders.Study, Phases.Admission),

        MessageType.ApplicantHello or MessageType.SigningQuery => new(Senders.Applicant, Phases.Handshake),
        MessageType.AuthorityIdentity or MessageType.SigningPending => new(Senders.Authority, Phases.Handshake),
        MessageType.SigningGrant or MessageType.RevokedCertificates => new(Senders.Authority, Phases.Admission),

        MessageType.Heartbeat => new(Senders.All, Phases.Session),
        MessageType.Shutdown => new(Senders.Orchestrator | Senders.Study, Phases.Session),
        MessageType.Leave => new(Senders.Node, Phases.Preparation | Phases.Run),
        MessageType.TaskFailed => new(Senders.Node, Phases.Run),

        MessageType.StatisticsQuery => new(Senders.Orchestrator, Phases.Preparation),
        MessageType.Statistics => new(Senders.Node, Phases.Preparation),

        MessageType.IndexRangeQuery => new(Senders.Orchestrator, Phases.Run),
        MessageType.IndexRange => new(Senders.Node, Phases.Run),
        MessageType.ForwardPass or MessageType.LossPass or MessageType.Backward => new(Senders.Orchestrator, Phases.Run, HasTensors: true),
        MessageType.ForwardResult or MessageType.ActivationResult or MessageType.LossResult or MessageType.BackwardResult =>
            new(Senders.Node, Phases.Run, HasTensors: true),
        MessageType.ValidationPass => new(Senders.Orchestrator, Phases.Run, HasTensors: true),
        MessageType.ValidationResult => new(Senders.Node, Phases.Run),
        MessageType.LocalTraining or MessageType.GossipRound => new(Senders.Orchestrator, Phases.Run, HasTensors: true),
        MessageType.LocalResult or MessageType.GossipResult => new(Senders.Node, Phases.Run, HasTensors: true),
        MessageType.TurnStart or MessageType.TurnForward or MessageType.TurnBackward => new(Senders.Orchestrator, Phases.Run, HasTensors: true),
        MessageType.TurnEnd => new(Senders.Orchestrator, Phases.Run),
        MessageType.TurnAck => new(Senders.Node, Phases.Run),
        MessageType.TurnResult => new(Senders.Node, Phases.Run, HasTensors: true),

        MessageType.BlindStart or MessageType.KeyRound or MessageType.BlindStep or MessageType.BlindApply or MessageType.Unseal or MessageType.BlindFinish =>
            new(Senders.Orchestrator, Phases.Run, HasTensors: true),
        MessageType.KeyQuery or MessageType.BlindEvaluation or MessageType.SealQuery => new(Senders.Orchestrator, Phases.Run),
        MessageType.KeyOffered or MessageType.KeyAgreed or MessageType.BlindSum or MessageType.BlindScores or MessageType.SealedState or MessageType.BlindFinished =>
            new(Senders.Node, Phases.Run, HasTensors: true),
        MessageType.BlindReady or MessageType.BlindApplied => new(Senders.Node, Phases.Run),

        MessageType.RunQuery or MessageType.RunProgress or MessageType.RunFileQuery or MessageType.RunFilesSent or MessageType.RunEnded =>
            new(Senders.Worker, Phases.Study),
        MessageType.RunOffer or MessageType.NoRun or MessageType.RunVerdict => new(Senders.Study, Phases.Study),
        MessageType.RunFile => new(Senders.Worker | Senders.Study, Phases.Study),
        _ => default,
    };
}
