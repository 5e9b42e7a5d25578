using TraversalLearning.Nodes;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Support;

/// <summary>How far a frame has come when a process is killed.</summary>
internal enum KillMoment
{
    /// <summary>Node 2's frame has left its sender and does not arrive.</summary>
    Before,

    /// <summary>Half of node 2's frame has arrived.</summary>
    Middle,

    /// <summary>The frames of all nodes that are visited have just arrived: what they set going is under way.</summary>
    After,

    /// <summary>As <see cref="After"/>, and a checkpoint is being written.</summary>
    Writing,
}

/// <summary>A point of a run at which a process is killed.</summary>
/// <param name="Phase">What was going on.</param>
/// <param name="Type">The frame that tells.</param>
/// <param name="Moment">How far it has come.</param>
/// <param name="Step">The frame's step, from 0; <see langword="null"/> where it belongs to none.</param>
internal sealed record KillPoint(string Phase, MessageType Type, KillMoment Moment, int? Step)
{
    /// <summary>A point in every phase of a step, in an order in which one run of twenty steps can have them all.</summary>
    /// <param name="exchange">Which phases there are.</param>
    /// <param name="ofOrchestrator">Before its first checkpoint there is nothing to resume: it is asked for the ranges a second time.</param>
    public static KillPoint[] All(Exchange exchange, bool ofOrchestrator) => exchange == Exchange.Blind ? Blind(ofOrchestrator) : OfVisits(exchange, ofOrchestrator);

    private static KillPoint[] Blind(bool ofOrchestrator)
    {
        KillPoint keys = new("agreement on keys", MessageType.KeyRound, KillMoment.Middle, null);
        KillPoint step = new("blind step under way", MessageType.BlindStep, KillMoment.Middle, 2);
        return
        [
            .. ofOrchestrator ? (KillPoint[])[step, keys] : [keys, step],
            new("masked sum under way", MessageType.BlindSum, KillMoment.Before, 4),
            new("sum of masked integers", MessageType.BlindSum, KillMoment.After, 6),
            new("sum half sent", MessageType.BlindApply, KillMoment.Middle, null),
            new("masked evaluation", MessageType.BlindScores, KillMoment.Before, null),
            new("sealed checkpoint", MessageType.BlindSum, KillMoment.Writing, 15),
        ];
    }

    private static KillPoint[] OfVisits(Exchange exchange, bool ofOrchestrator)
    {
        KillPoint query = new("index query", MessageType.IndexRangeQuery, KillMoment.Before, null);
        KillPoint sent = new("forward pass under way", MessageType.ForwardPass, KillMoment.Middle, 2);
        KillPoint[] first = ofOrchestrator ? [sent, query] : [query, sent];
        MessageType forward = exchange == Exchange.Relay ? MessageType.ActivationResult : MessageType.ForwardResult;
        const int EndOfEpoch = ProgramRuns.StepsPerEpoch - 1;
        return
        [
            .. first,
            new("forward reply under way", forward, KillMoment.Before, 4),
            .. exchange switch
            {
                Exchange.OnePhase => [new KillPoint("central and node's backward pass", forward, KillMoment.After, 6)],
                Exchange.TwoPhase => [new KillPoint("central backward pass", forward, KillMoment.After, 6)],
                _ => (KillPoint[])
                [
                    new("central forward pass", forward, KillMoment.After, 5),
                    new("loss under way", MessageType.LossPass, KillMoment.Middle, 6),
                    new("central backward pass", MessageType.LossResult, KillMoment.After, 7),
                ],
            },
            new("evaluation", MessageType.BackwardResult, KillMoment.After, EndOfEpoch),
            .. exchange == Exchange.OnePhase ? [] : (KillPoint[])[new("backward pass under way", MessageType.Backward, KillMoment.Middle, 11)],
            new("backward reply under way", MessageType.BackwardResult, KillMoment.Before, 13),
            new("update", MessageType.BackwardResult, KillMoment.After, 15),
            new("checkpoint", MessageType.BackwardResult, KillMoment.Writing, 17),
        ];
    }
}
