using System.Text;
using TraversalLearning.Nodes;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Support;

/// <summary>What makes a message appear that an undisturbed run does not have, or not in time.</summary>
internal enum Provocation
{
    None,

    /// <summary>The connection is cut in the second step: the node introduces itself again.</summary>
    Return,

    /// <summary>
    /// The node is killed and started between the two phases of the second step: it does not hold its forward pass. With the blind
    /// exchange, before the second step: it holds neither the model nor keys.
    /// </summary>
    Restart,

    /// <summary>The node is killed and started between its forward pass and its loss in the second step.</summary>
    RestartBeforeLoss,

    /// <summary>Another node of the same id asks to be let in.</summary>
    Twin,

    /// <summary>The run waits for the frame before its second step.</summary>
    Pause,
}

/// <summary>A message as the matrix has it.</summary>
/// <param name="Name">Of the row.</param>
/// <param name="Frame">The frame that is struck.</param>
internal sealed record FaultRow(string Name, FrameChoice Frame)
{
    public Provocation Provocation { get; init; }

    /// <summary>Whether it carries tensors.</summary>
    public bool HasPayload { get; init; }

    /// <summary>Whether its sender may send something else before it has an answer, with which it could change places.</summary>
    public bool IsFollowed { get; init; } = true;

    /// <summary>The exchanges that have such a message.</summary>
    public Exchange[] In { get; init; } = Enum.GetValues<Exchange>();

    /// <summary>Whether both sides have a token.</summary>
    public bool Token { get; init; }

    /// <summary>Whether a fault can strike it there.</summary>
    public bool Allows(Fault fault) =>
        (fault.Place != Place.Payload || HasPayload) && (fault.Kind != FaultKind.Reorder || IsFollowed);
}

/// <summary>One run with one fault.</summary>
internal sealed record FaultCell(Exchange Exchange, FaultRow Row, Fault Fault);

/// <summary>Every message of the protocol × every fault × every place in the frame × every exchange.</summary>
internal static class FaultMatrix
{
    private static readonly FaultRow[] Blind =
    [
        ToNode("BlindStart", MessageType.BlindStart) with { HasPayload = true },
        ToOrchestrator("BlindReady", MessageType.BlindReady),
        ToNode("KeyQuery", MessageType.KeyQuery),
        ToOrchestrator("KeyOffered", MessageType.KeyOffered) with { HasPayload = true },
        ToNode("KeyRound", MessageType.KeyRound) with { HasPayload = true },
        ToOrchestrator("KeyAgreed", MessageType.KeyAgreed),
        ToNode("BlindStep", MessageType.BlindStep, 2) with { HasPayload = true },
        ToOrchestrator("BlindSum", MessageType.BlindSum, 2) with { HasPayload = true },
        ToNode("Unseal", MessageType.Unseal) with { HasPayload = true, Provocation = Provocation.Restart },
        ToNode("BlindApply", MessageType.BlindApply) with { HasPayload = true },
        ToOrchestrator("BlindApplied", MessageType.BlindApplied),
        ToNode("BlindEvaluation", MessageType.BlindEvaluation),
        ToOrchestrator("BlindScores", MessageType.BlindScores) with { HasPayload = true },
        ToNode("BlindFinish", MessageType.BlindFinish),
        ToOrchestrator("BlindFinished", MessageType.BlindFinished),
    ];

    private static readonly FaultRow[] Rows =
    [
        ToOrchestrator("Hello", MessageType.Hello) with { IsFollowed = false },
        ToOrchestrator("Hello of a return", MessageType.Hello, 2) with { IsFollowed = false, Provocation = Provocation.Return },
        ToNode("Challenge", MessageType.Challenge) with { IsFollowed = false, Token = true },
        ToOrchestrator("Proof", MessageType.Proof) with { IsFollowed = false, Token = true },
        ToNode("Welcome", MessageType.Welcome) with { Token = true },
        ToNode("Welcome of a return", MessageType.Welcome, 2) with { Provocation = Provocation.Return },
        ToNode("Reject", MessageType.Reject) with { IsFollowed = false, Provocation = Provocation.Twin },
        ToNode("IndexRangeQuery", MessageType.IndexRangeQuery),
        ToOrchestrator("IndexRange", MessageType.IndexRange),
        ToNode("ForwardPass", MessageType.ForwardPass, 2) with { HasPayload = true, In = Exchanges.OfVisits },
        ToOrchestrator("ForwardResult", MessageType.ForwardResult, 2) with { HasPayload = true, In = [Exchange.TwoPhase, Exchange.OnePhase] },
        ToOrchestrator("ActivationResult", MessageType.ActivationResult, 2) with { HasPayload = true, In = [Exchange.Relay] },
        ToNode("LossPass", MessageType.LossPass, 2) with { HasPayload = true, In = [Exchange.Relay] },
        ToOrchestrator("LossResult", MessageType.LossResult, 2) with { HasPayload = true, In = [Exchange.Relay] },
        ToNode("Backward", MessageType.Backward, 2) with { HasPayload = true, In = [Exchange.TwoPhase, Exchange.Relay] },
        ToOrchestrator("BackwardResult", MessageType.BackwardResult, 2) with { HasPayload = true, In = Exchanges.OfVisits },
        ToOrchestrator("TaskFailed", MessageType.TaskFailed) with { In = [Exchange.TwoPhase, Exchange.Relay, Exchange.Blind], Provocation = Provocation.Restart },
        ToOrchestrator("TaskFailed for a loss", MessageType.TaskFailed) with { In = [Exchange.Relay], Provocation = Provocation.RestartBeforeLoss },
        .. Blind.Select(r => r with { In = [Exchange.Blind] }),
        ToNode("Heartbeat to the node", MessageType.Heartbeat) with { Provocation = Provocation.Pause },
        ToOrchestrator("Heartbeat to the orchestrator", MessageType.Heartbeat) with { Provocation = Provocation.Pause },
        ToNode("Shutdown", MessageType.Shutdown),
    ];

    /// <summary>All of it.</summary>
    public static IReadOnlyList<FaultCell> Cells { get; } =
    [
        .. from exchange in Enum.GetValues<Exchange>()
           from row in Rows
           where row.In.Contains(exchange)
           from fault in Fault.All
           where row.Allows(fault)
           select new FaultCell(exchange, row, fault),
    ];

    /// <summary>The number of cells by message and fault, as <c>docs/explanation/reliability.md</c> shows it.</summary>
    public static string ToMarkdown()
    {
        FaultKind[] kinds = Enum.GetValues<FaultKind>();
        var table = new StringBuilder();
        AppendRow("message", kinds.Select(k => k.ToString().ToLowerInvariant()));
        AppendRow("---", kinds.Select(_ => "---:"));
        foreach (FaultRow row in Rows)
        {
            AppendRow(row.Name, kinds.Select(k => Count(c => c.Row == row && c.Fault.Kind == k)));
        }

        AppendRow($"**{Cells.Count} cells**", kinds.Select(k => Count(c => c.Fault.Kind == k)));
        return table.ToString();

        string Count(Func<FaultCell, bool> belongs) => Cells.Count(belongs) is > 0 and int count ? $"{count}" : "–";
        void AppendRow(string head, IEnumerable<string> columns) => table.Append($"| {head} | {string.Join(" | ", columns)} |\n");
    }

    private static FaultRow ToOrchestrator(string name, MessageType type, int number = 1) => new(name, new FrameChoice(type, Direction.ToOrchestrator, number));

    private static FaultRow ToNode(string name, MessageType type, int number = 1) => new(name, new FrameChoice(type, Direction.ToNode, number));
}
