using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Nodes;

/// <summary>Several nodes that compute with one model: each as if it had its own.</summary>
public sealed class SharedComputeTests
{
    private static readonly ClusterOptions Options = new() { Model = ClusterOptions.SmallCnn, Cut = "pool", Shards = [12, 9] };
    private static readonly StepId Step = new(Epoch: 1, Batch: 0, Attempt: 0);

    [Test]
    public void Two_nodes_in_turn_give_the_bytes_of_two_alone([ValueSource(typeof(Exchanges), nameof(Exchanges.OfVisits))] Exchange exchange)
    {
        using var fixture = new Fixture(exchange);
        for (int step = 0; step < 3; step++)
        {
            byte[] theta = fixture.Theta(step);
            Assert.That(fixture.Run(fixture.Shared, step, theta), Is.EqualTo(fixture.Run(fixture.Alone, step, theta)));
        }
    }

    [Test]
    public void The_same_theta_from_another_connection_leaves_a_forward_pass_as_it_is()
    {
        using var fixture = new Fixture(Exchange.TwoPhase);
        Forward(fixture.Shared[0], fixture.Theta(1));
        Forward(fixture.Shared[1], fixture.Theta(1));
        Assert.That(fixture.Shared[0].ActivationShape(Step), Is.Not.Null);
    }

    [Test]
    public void A_forward_pass_under_another_theta_than_the_one_in_use_is_not_held_any_more()
    {
        using var fixture = new Fixture(Exchange.TwoPhase);
        Forward(fixture.Shared[0], fixture.Theta(1));
        Forward(fixture.Shared[1], fixture.Theta(2));
        Assert.That(fixture.Shared[0].ActivationShape(Step), Is.Null, "its gradient would be wrong behind the first layer");
        Assert.That(fixture.Shared[1].ActivationShape(Step), Is.Not.Null);
    }

    [Test]
    public void A_theta_that_came_in_part_is_nobodys()
    {
        using var fixture = new Fixture(Exchange.TwoPhase);
        Forward(fixture.Shared[0], fixture.Theta(1));
        fixture.Theta(2).AsSpan(0, 100).CopyTo(fixture.Shared[1].ParameterBytes.Span);
        Assert.That(fixture.Shared[0].ActivationShape(Step), Is.Not.Null, "it is received beside the one in use");
        fixture.Shared[1].ForgetParameters();
        using Tensor gradients = ones(fixture.Shared[0].ActivationShape(Step)!);
        using ParameterGradient gradient = fixture.Shared[0].Backward(Step, gradients);

        Forward(fixture.Alone[0], fixture.Theta(1));
        using ParameterGradient expected = fixture.Alone[0].Backward(Step, gradients);
        Assert.That(gradient.Memory.ToArray(), Is.EqualTo(expected.Memory.ToArray()));
    }

    [Test]
    public void Gradients_on_their_way_out_are_each_its_own()
    {
        using var fixture = new Fixture(Exchange.TwoPhase);
        Forward(fixture.Shared[0], fixture.Theta(1));
        Forward(fixture.Shared[1], fixture.Theta(1));
        using Tensor gradients = ones(fixture.Shared[0].ActivationShape(Step)!);
        using ParameterGradient first = fixture.Shared[0].Backward(Step, gradients);
        byte[] before = first.Memory.ToArray();
        using (fixture.Shared[1].Backward(Step, gradients))
        {
            Assert.That(first.Memory.ToArray(), Is.EqualTo(before));
        }
    }

    [Test]
    public void No_tensor_is_left_of_a_step([ValueSource(typeof(Exchanges), nameof(Exchanges.OfVisits))] Exchange exchange)
    {
        using var fixture = new Fixture(exchange);
        byte[] theta = fixture.Theta(1);
        TensorCount.AssertSteady(step => fixture.Run(fixture.Shared, step, theta));
    }

    [Test]
    public void A_unit_lives_as_long_as_a_node_is_in_its_session()
    {
        var pool = new ComputePool(Options.EffectiveImages, CPU, shared: true, long.MaxValue);
        Welcome first = Options.NewContext().Setup.ToWelcome("first", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(9));
        Welcome second = first with { Session = "second" };
        ComputeUnit unit = pool.Join(first);
        Assert.That(pool.Join(first), Is.SameAs(unit));
        ComputeUnit next = pool.Join(second);
        Assert.That(next, Is.Not.SameAs(unit));
        pool.Leave(first);
        Assert.That(pool.Join(first), Is.SameAs(unit), "one node was still in it");
        pool.Leave(first);
        pool.Leave(first);
        ComputeUnit anew = pool.Join(first);
        Assert.That(anew, Is.Not.SameAs(unit));
        pool.Leave(first);
        pool.Leave(second);
        Assert.That(ComputePool.KeyOf(first with { Proof = "a" }), Is.EqualTo(ComputePool.KeyOf(first with { Proof = "b" })));
    }

    private static void Forward(TaskProcessor node, byte[] theta)
    {
        theta.CopyTo(node.ParameterBytes);
        node.Forward(new ForwardPass(Step, 4), [0, 3]).Dispose();
    }

    /// <summary>Two nodes that share, and the same two alone.</summary>
    private sealed class Fixture : IDisposable
    {
        private static readonly int[][] Rows = [[3, 0, 11], [8, 8]];
        private readonly ComputeUnit _unit;

        public Fixture(Exchange exchange)
        {
            TrainingSetup setup = (Options with { Exchange = exchange }).NewContext().Setup;
            var samples = HostedSamples.Deal(Options.EffectiveImages, 1, Options.EffectivePartition);
            _unit = new ComputeUnit(setup, samples.Set, CPU, shared: true, long.MaxValue);
            Shared = [.. samples.Shards.Select(s => new TaskProcessor(_unit, s.Start, s.Count, s.NodeId))];
            Alone = [.. Options.EffectivePartition.Select(p => new TaskProcessor(setup, Options.EffectiveImages.Select(p), CPU))];
        }

        public TaskProcessor[] Shared { get; }

        public TaskProcessor[] Alone { get; }

        public byte[] Theta(int step)
        {
            manual_seed(step);
            using var model = new LayeredModel(_unit.Setup.Model, _unit.Setup.Cut);
            using var parameters = new FlatParameters(model, float32, CPU, 0);
            return parameters.ValueBytes.ToArray();
        }

        /// <summary>One step of both nodes: all that they reply.</summary>
        public byte[] Run(TaskProcessor[] nodes, int step, byte[] theta)
        {
            var replies = new List<byte>();
            var id = new StepId(1, step, 0);
            for (int i = 0; i < nodes.Length; i++)
            {
                theta.AsMemory(0, nodes[i].ParameterBytes.Length).CopyTo(nodes[i].ParameterBytes);
                using ForwardOutput output = nodes[i].Forward(new ForwardPass(id, 5), Rows[i]);
                replies.AddRange(output.Activations.Memory.Span);
                if (output.Loss is { } loss)
                {
                    Add(loss);
                }
            }

            foreach (TaskProcessor node in nodes.Where(n => n.LogitShape(id) is not null))
            {
                using Tensor logits = ones(node.LogitShape(id)!);
                using LossOutput output = node.Loss(id, logits);
                Add(output);
            }

            for (int i = 0; i < nodes.Length; i++)
            {
                using Tensor? gradients = nodes[i].ActivationShape(id) is { } shape ? ones(shape) : null;
                using ParameterGradient gradient = nodes[i].Backward(id, gradients);
                replies.AddRange(gradient.Memory.Span);
            }

            return [.. replies];

            void Add(LossOutput output)
            {
                replies.AddRange(output.LogitGradients.Memory.Span);
                replies.AddRange(BitConverter.GetBytes(output.LossSum));
            }
        }

        public void Dispose()
        {
            foreach (TaskProcessor node in Shared.Concat(Alone))
            {
                node.Dispose();
            }

            _unit.Dispose();
        }
    }
}
