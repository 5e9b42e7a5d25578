using TraversalLearning.Messages;
using TraversalLearning.Nodes.Tasks;
using TraversalLearning.Tests.Support;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>What an orchestrator sends a node while it prepares a run: it is answered with the statistics or nothing, and nothing else is taken.</summary>
internal sealed class PreparationSessionTarget : FuzzTarget
{
    private const string Table = """{"columns":[],"classes":[]}""";

    private static readonly ConnectionOptions Options =
        new(TimeSpan.FromDays(1), TimeSpan.FromDays(1), FrameSample.Checked) { Limits = WireLimits.Preparation };

    /// <inheritdoc/>
    public override string Name => "preparation_session";

    /// <inheritdoc/>
    public override int ShortRun => 20_000;

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> Corpus { get; } =
    [
        [
            .. FrameSample.Of(new StatisticsQuery(), 1).Encode(FrameSample.Checked),
            .. FrameSample.Of(Heartbeat.Instance).Encode(FrameSample.Checked),
            .. FrameSample.Of(new StatisticsQuery(), 2).Encode(FrameSample.Checked),
            .. FrameSample.Of(new Shutdown("the run ended before it began")).Encode(FrameSample.Checked),
        ],
    ];

    /// <inheritdoc/>
    public override byte[] NewInput(FuzzRandom random) => FrameMutations.NewInput(random, Corpus);

    /// <inheritdoc/>
    public override void Consume(byte[] input)
    {
        using var stream = new FuzzStream(input);
        var connection = new Connection(stream, "fuzz");
        using var session = NodeSession.OfPreparation(connection, Table, rows: 5);
        ConnectionLostException reason = Finish(connection.RunAsync(session, Options));
        var answers = new FrameReader(new MemoryStream(stream.Written));
        while (answers.ReadAsync(WireLimits.Preparation, CancellationToken.None).Now() is { } frame)
        {
            if (frame.Read<Statistics>().Table != Table)
            {
                throw new InvalidOperationException("something else was said");
            }
        }

        NodeSessionTarget.Rethrow(reason, ended: session.Shutdown is not null);
    }

    /// <inheritdoc/>
    public override string? KindOfRefusal(Exception e) => (e as ProtocolException)?.Error.ToString();

    /// <inheritdoc/>
    public override long MaxAllocation(byte[] input) => (256 * 1024) + WireLimits.Preparation.MaxMetadata + (64 * input.Length);
}
