using System.Runtime.InteropServices;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.SecureAggregation;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Nodes;

/// <summary>Nodes add a sum only as they made it: of integers on one scale, and read on that scale.</summary>
public sealed class RelayedSumTests
{
    private static readonly StepId Step = new(1, 0, 0);
    private static readonly int[] Counts = [9, 11];

    private readonly List<IDisposable> _owned = [];
    private BlindMember[] _members = [];

    [TearDown]
    public void EndRun() => _owned.ForEach(o => o.Dispose());

    [TestCase(0)]
    [TestCase(5)]
    public void Integers_of_different_headrooms_are_no_sum(int tensor)
    {
        BeginRun(minNodes: 2);
        Assert.That(
            () => _members[0].Apply(new AppliedSum(Step, [], default), Sum([], Bits(tensor))), Throws.TypeOf<TaskRefusedException>().With.Message.Contains("not what the nodes sent"));
    }

    [Test]
    public void Sums_over_different_nodes_differ_by_noise()
    {
        BeginRun(minNodes: 1);
        int[] one = Part(0, [1], headroom: []), other = Part(1, [2], headroom: []);
        Assert.That(one.Zip(other, (a, b) => Math.Abs((long)unchecked(a - b))).Count(d => d > 1 << 28), Is.GreaterThan(one.Length / 2), "gradients have fewer bits");
    }

    [TestCase(0)]
    [TestCase(5)]
    public void A_sum_is_read_on_its_scale_alone(int tensor)
    {
        BeginRun(minNodes: 2);
        byte[] sum = Sum(Bits(tensor), Bits(tensor));
        foreach (int[] other in new[] { [], Bits(1) })
        {
            Assert.That(
                () => _members[0].Apply(new AppliedSum(Step, other, default), [.. sum]), Throws.TypeOf<TaskRefusedException>().With.Message.Contains("not what the nodes sent"));
        }

        Assert.That(
            () => _members[0].Apply(new AppliedSum(Step, Bits(tensor), default), sum), Throws.TypeOf<TaskRefusedException>().With.Property("Code").EqualTo(TaskFailureCodes.Coarse));
    }

    [Test]
    public void Headroom_for_another_number_of_tensors_is_refused()
    {
        BeginRun(minNodes: 2);
        Assert.That(() => Part(0, [1, 2], [4]), Throws.TypeOf<TaskRefusedException>().With.Message.Contains("headroom for 1 parameter tensors, and the model has 6"));
        byte[] sum = Sum([], []);
        Assert.That(
            () => _members[0].Apply(new AppliedSum(Step, [0, 0, 0, 0, 0, 0, 0], default), sum), Throws.TypeOf<TaskRefusedException>().With.Message.Contains("headroom for 7 parameter tensors"));
    }

    /// <summary>Headroom for one of the model's six tensors.</summary>
    private static int[] Bits(int tensor) => [.. Enumerable.Range(0, 6).Select(t => t == tensor ? 4 : 0)];

    private void BeginRun(int minNodes)
    {
        var setup = new TrainingSetup(ClusterOptions.SmallMlp, ClusterOptions.SmallMlp.ParseCut("1"), ElementType.Float32, Exchange.Blind, new Normalisation(0.5, 0.5));
        _members = [.. Counts.Select((count, i) => Member(setup, i + 1, count))];
        string terms = new BlindTerms
        {
            Run = new string('a', 32), Seed = 1, BatchSize = 8, SumBits = 32, MinNodesPerBatch = minNodes, Skips = true, Optimizer = new OptimizerSettings(),
        }.ToJson();
        byte[] parameters = new byte[setup.Model.ParameterCount * sizeof(float)];
        Array.ForEach(_members, m => m.Start(terms, Counts, parameters));
        KeyOffer[] offers = [.. _members.Select(m => KeyOffer.Parse(m.Offer().Offer))];
        byte[] roster = new KeyRoster(new string('a', 32), offers).ToBytes();
        byte[]? shares = _members[0].Agree(1, roster, share: null).Shares;
        _members[1].Agree(1, roster, shares);
    }

    /// <summary>The sum of both nodes' integers.</summary>
    private byte[] Sum(params int[][] headrooms)
    {
        var sum = new int[_members[0].SumShape![0]];
        for (int i = 0; i < headrooms.Length; i++)
        {
            sum = [.. sum.Zip(Part(i, [1, 2], headrooms[i]), (a, b) => unchecked(a + b))];
        }

        return MemoryMarshal.AsBytes(sum.AsSpan()).ToArray();
    }

    private int[] Part(int member, long[] participants, int[] headroom) =>
        MemoryMarshal.Cast<byte, int>(_members[member].Step(new BlindStep(Step, participants, headroom, default, Agree: false)).Sum!).ToArray();

    private BlindMember Member(TrainingSetup setup, int id, int count)
    {
        var processor = new TaskProcessor(setup, Synthetic.Images(count, seed: (ulong)id), CPU, nodeId: id);
        var member = new BlindMember(processor.Unit, processor.Own, new BlindSettings { Policy = new PolicySource(NodePolicy.Permissive) });
        _owned.AddRange([member, processor]);
        return member;
    }
}
