using System.Text;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options.Topologies;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>A file of groups or neighbours: read, or refused in one line, and what was read is read again from its own text.</summary>
internal sealed class NodeListsTarget : FuzzTarget, IDisposable
{
    private const int Nodes = 9;

    private readonly Scratch _scratch = new();

    /// <inheritdoc/>
    public override string Name => "node_lists";

    /// <inheritdoc/>
    public override int ShortRun => 30_000;

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> Corpus { get; } =
    [
        .. new[]
        {
            "fast: [1, 2]\nslow: [3, 4, 5]\n", "1: 2 3\n2: 3\n", "# of two kinds\na:\n  - 1\n  - 9\nb: \"2, 3\"\n", "{a: [1], b: [2, 3]}", "---\n? a\n: [1]\n...\n",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    /// <inheritdoc/>
    public override void Consume(byte[] input)
    {
        IReadOnlyList<NodeList> lists = NodeLists.Read("--groups", _scratch.Write("lists.yaml", input), Nodes);
        if (lists.Any(l => l.Nodes.Any(n => n is < 1 or > Nodes)))
        {
            throw new InvalidOperationException("a node that there is not");
        }

        // Names are for who asked to judge; groups and topologies take none that YAML could read as something else.
        if (lists.All(l => l.Name.Length > 0 && l.Name.All(char.IsAsciiLetterOrDigit)))
        {
            string text = NodeLists.ToText(lists.Select(l => (l.Name, (IEnumerable<int>)l.Nodes)));
            if (!NodeLists.Read("--groups", text, Nodes).SelectMany(l => l.Nodes).SequenceEqual(lists.SelectMany(l => l.Nodes)))
            {
                throw new InvalidOperationException($"{text} is not read as what it says");
            }
        }
    }

    /// <inheritdoc/>
    public override string? KindOfRefusal(Exception e) => e is UserErrorException && !e.Message.Contains('\n') ? "refused" : null;

    /// <summary>The parser's tables and queues, and the exception's text.</summary>
    public override long MaxAllocation(byte[] input) => (256 * 1024) + (2048L * input.Length);

    /// <inheritdoc/>
    public void Dispose() => _scratch.Dispose();
}
