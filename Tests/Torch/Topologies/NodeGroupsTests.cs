using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Options.Topologies;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Topologies;

/// <summary>What <c>--groups</c> takes, and what it says of the rest: the file, the line, what is wrong.</summary>
public sealed class NodeGroupsTests
{
    private readonly TempFolder _folder = new();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [TestCase("fast: [1, 2]\nslow: [3, 4, 5]\n")]
    [TestCase("# two kinds\nfast:\n  - 1\n  - 2\nslow: 3 4 5\n")]
    [TestCase("{fast: [1, 2], slow: [3, 4, 5]}")]
    public void Groups_are_read_in_order(string text)
    {
        var groups = NodeGroups.Read(Write(text), 5);
        Assert.That(groups.All.Select(g => g.Name), Is.EqualTo((string[])["fast", "slow"]));
        Assert.That(groups.Find("slow")!.Nodes, Is.EqualTo((int[])[3, 4, 5]));
        Assert.That(groups.Find("none"), Is.Null);
        Assert.That(groups.ToString(), Is.EqualTo("{fast: [1, 2], slow: [3, 4, 5]}"));
        Assert.That(NodeGroups.Read(groups.ToString(), 5).ToString(), Is.EqualTo(groups.ToString()), "a resumed run reads what the checkpoint has");
    }

    [TestCase("fast: [1, 2]\nslow: [3, 9]\n", ":2: '9' is no node: ids are from 1 to 5, the --num_nodes")]
    [TestCase("fast:\n  - 1\n  - 0\n", ":3: '0' is no node")]
    [TestCase("fast: [1, two]\n", ":1: 'two' is no node")]
    [TestCase("fast: [1, 2]\n\nslow: [3, 3]\n", ":3: node 3 stands twice in group slow")]
    [TestCase("fast: [1]\nfast: [2]\n", ":2: 'fast' stands twice")]
    [TestCase("fast: []\n", ":1: group fast has no node")]
    [TestCase("two words: [1]\n", ":1: 'two words' is no name of a group")]
    [TestCase("fast: {a: 1}\n", ":1: lines are like 'name: [1, 2]'")]
    [TestCase("fast: [[1]]\n", ":1: lines are like 'name: [1, 2]'")]
    [TestCase("- 1\n- 2\n", ":1: lines are like 'name: [1, 2]'")]
    [TestCase("fast: [1, 2\nslow: [3]\n", ":1: lines are like 'name: [1, 2]'")]
    [TestCase("fast: &a [1]\nslow: *a\n", ":2: lines are like 'name: [1, 2]'")]
    [TestCase("fast: [1]\n---\nslow: [2]\n", ": lines are like 'name: [1, 2]'")]
    [TestCase("fast: \"1\\n2\"\n", ":1: '1\\u000A2' is no node")]
    [TestCase("", ": lines are like 'name: [1, 2]'")]
    [TestCase("{}", ": has no group")]
    public void What_is_wrong_is_one_line_with_its_place(string text, string message) => Assert.That(
        () => NodeGroups.Read(Write(text), 5),
        Throws.TypeOf<UserErrorException>().With.Message.StartsWith("--groups ").And.Message.Contains(message).And.Message.Not.Contains("\n"));

    [Test]
    public void Deep_nesting_is_refused_like_any_other() => Assert.That(
        () => NodeGroups.Read(Write("a: " + new string('[', 100_000)), 5), Throws.TypeOf<UserErrorException>());

    [Test]
    public void A_file_that_is_not_there_is_said_so() => Assert.That(
        () => NodeGroups.Read(_folder["none.yaml"], 5), Throws.TypeOf<UserErrorException>().With.Message.Contains("cannot be read"));

    [Test]
    public void The_result_depends_on_what_groups_and_topology_say()
    {
        ClusterOptions options = new() { Algorithm = "fedavg", Federation = new Federation { Select = "groups", Groups = NodeGroups.Read("{a: [1, 2], b: [3]}", 3) } };
        SortedDictionary<string, string> flags = ResultOptions.Of(options.NewContext().Options);
        Assert.That(flags["--groups"], Is.EqualTo("{a: [1, 2], b: [3]}"));
        Assert.That(flags.Keys, Has.None.AnyOf("--topology", "--topology_seed"));
        flags = ResultOptions.Of((options with { Algorithm = "gossip", Federation = new Federation { Topology = Topology.Read("{1: 2, 3: 2}", 3) } }).NewContext().Options);
        Assert.That(flags["--topology"], Is.EqualTo("{1: [2], 2: [3]}"));
        Assert.That(flags["--topology_seed"], Is.EqualTo("1"), "the run's own");
        Assert.That(flags.Keys, Has.None.AnyOf("--groups", "--select", "--aggregator", "--client_fraction"));
    }

    private string Write(string text)
    {
        File.WriteAllText(_folder["groups.yaml"], text);
        return _folder["groups.yaml"];
    }
}
