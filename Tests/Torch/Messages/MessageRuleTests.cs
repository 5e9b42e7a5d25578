using Microsoft.Extensions.Logging.Abstractions;
using System.Globalization;
using System.Text.RegularExpressions;
using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Nodes.Tasks;
using TraversalLearning.Tests.Support;
using TraversalLearning.Transport;
using TraversalLearning.Wire;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Messages;

/// <summary>Who may send which message: as the protocol's page says, and as both sides' handlers have it.</summary>
public sealed partial class MessageRuleTests
{
    private static IEnumerable<MessageType> Types => Enum.GetValues<MessageType>();

    [Test]
    public void Every_message_has_a_rule_and_a_number_that_is_none_has_not()
    {
        Assert.That(Types.Where(t => MessageRule.Of(t) is { Senders: Senders.None } or { Phases: Phases.None }), Is.Empty);
        Assert.That(Enumerable.Range(0, 256).Select(n => (MessageType)n).Except(Types).Where(t => MessageRule.Of(t) != default), Is.Empty);
    }

    [Test]
    public void The_rules_are_those_of_the_protocols_page()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "reference", "protocol.md"));
        var written = Row().Matches(page).ToDictionary(
            m => (MessageType)int.Parse(m.Groups["type"].Value, CultureInfo.InvariantCulture),
            m => (Name: m.Groups["name"].Value, Senders: SendersOf(m), HasTensors: m.Groups["tensors"].Value.Contains('`')));
        Assert.That(written.ToDictionary(w => w.Key, w => w.Value), Is.EquivalentTo(Types.ToDictionary(t => t, Told)));

        // The page names a pair of peers for each message; those of the handshake pass between the other pair, too.
        (string Name, Senders Senders, bool HasTensors) Told(MessageType type) =>
            ($"{type}", MessageRule.Of(type).Senders & PairOf((int)type), MessageRule.Of(type).HasTensors);
    }

    [Test]
    public void A_nodes_session_takes_what_an_orchestrator_may_send_in_a_run()
    {
        var taken = new HashSet<MessageType> { MessageType.Shutdown };
        foreach (Exchange exchange in Enum.GetValues<Exchange>())
        {
            var options = new ClusterOptions { Exchange = exchange };
            using var processor = new TaskProcessor(options.NewContext().Setup, options.EffectiveImages, CPU);
            using BlindMember? blind = exchange.Kind().IsBlind ? new BlindMember(processor.Unit, processor.Own, new BlindSettings()) : null;
            using var session = NodeSession.OfRun(Nowhere(), processor, FrameSample.Checked, NullLogger.Instance, blind: blind);
            taken.UnionWith(session.Handlers.SelectMany(h => h.Messages));
        }

        Assert.That(taken, Is.EquivalentTo(Sent(Senders.Orchestrator, Phases.Run)));
    }

    [Test]
    public void While_a_run_is_prepared_it_takes_what_an_orchestrator_may_send_then()
    {
        using var session = NodeSession.OfPreparation(Nowhere(), "{}", rows: 5);
        IEnumerable<MessageType> taken = session.Handlers.SelectMany(h => h.Messages);
        Assert.That(taken.Append(MessageType.Shutdown), Is.EquivalentTo(Sent(Senders.Orchestrator, Phases.Preparation)));
    }

    private static IEnumerable<MessageType> Sent(Senders sender, Phases phase) =>
        Types.Where(t => t != MessageType.Heartbeat && MessageRule.Of(t).Allows(sender, phase));

    private static Connection Nowhere() => new(new MemoryStream(), "nowhere");

    private static Senders PairOf(int type) => type switch
    {
        >= 100 => Senders.Applicant | Senders.Authority,
        >= 60 and < 80 => Senders.Worker | Senders.Study,
        _ => Senders.Node | Senders.Orchestrator,
    };

    private static Senders SendersOf(Match row) => row.Groups["direction"].Value switch
    {
        "node → orchestrator" => Senders.Node,
        "orchestrator → node" => Senders.Orchestrator,
        "worker → study" => Senders.Worker,
        "study → worker" => Senders.Study,
        "applicant → CA" => Senders.Applicant,
        "CA → applicant" => Senders.Authority,
        _ => PairOf(int.Parse(row.Groups["type"].Value, CultureInfo.InvariantCulture)),
    };

    [GeneratedRegex(@"^\| (?<type>\d+) \| \[(?<name>\w+)\]\(#\w+\) \| (?<direction>[^|]+) \| [^|]* \| ?(?<tensors>[^|]*)\|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Row();
}
