using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Nodes.Blind;

/// <summary>The state of training as bytes.</summary>
internal sealed class TrainingStateTests
{
    private static readonly StepId Step = new(2, 3, 1);
    private static readonly SumFormat Format = new(ElementType.Float32, 32, 3);
    private static readonly TrainingSetup Setup = new ClusterOptions { Exchange = Exchange.Blind }.NewContext().Setup;

    private static OptimizerSettings[] Optimizers { get; } =
    [
        new(), new(OptimizerKind.Adam), new(OptimizerKind.AdamW), new(OptimizerKind.Sgd), new(OptimizerKind.Sgd) { Momentum = 0.9 },
    ];

    [TestCaseSource(nameof(Optimizers))]
    public void A_restored_replica_takes_the_very_same_steps(OptimizerSettings optimizer)
    {
        using BlindReplica replica = Trained(optimizer);
        byte[] state = TrainingState.Write(replica, Step);
        using var restored = new BlindReplica(Setup, optimizer, Format, CPU);
        Assert.That(TrainingState.Read(restored, state), Is.EqualTo(Step));
        restored.MoveTo(2);
        Assert.That(TrainingState.Write(restored, Step), Is.EqualTo(state));
        Update(replica, seed: 9, new StepId(4, 0, 0));
        Update(restored, seed: 9, new StepId(4, 0, 0));
        Assert.That(restored.Parameters.Sha256(), Is.EqualTo(replica.Parameters.Sha256()));
    }

    [Test]
    public void A_state_of_another_optimizer_or_model_is_refused()
    {
        using BlindReplica replica = Trained(new OptimizerSettings(OptimizerKind.Adam));
        byte[] state = TrainingState.Write(replica, Step);
        using var other = new BlindReplica(Setup, new OptimizerSettings(), Format, CPU);
        Assert.That(() => TrainingState.Read(other, state), Throws.TypeOf<ModelException>());
        using var plain = new BlindReplica(Setup, new OptimizerSettings(OptimizerKind.Sgd), Format, CPU);
        Assert.That(() => TrainingState.Read(plain, state), Throws.TypeOf<ModelException>().With.Message.Contains("another optimizer"));
        TrainingSetup cnn = new ClusterOptions { Exchange = Exchange.Blind, Model = ClusterOptions.SmallCnn }.NewContext().Setup;
        using var larger = new BlindReplica(cnn, new OptimizerSettings(OptimizerKind.Adam), Format, CPU);
        Assert.That(() => TrainingState.Read(larger, state), Throws.TypeOf<ModelException>().With.Message.Contains("'params'"));
    }

    [Test]
    public void Bytes_that_are_cut_off_or_changed_give_an_error_of_the_model_and_no_other()
    {
        using BlindReplica replica = Trained(new OptimizerSettings(OptimizerKind.Adam));
        byte[] state = TrainingState.Write(replica, Step);
        using var target = new BlindReplica(Setup, new OptimizerSettings(OptimizerKind.Adam), Format, CPU);
        for (int length = 0; length < state.Length; length += length < 200 ? 1 : 997)
        {
            Assert.That(() => TrainingState.Read(target, state[..length]), Throws.TypeOf<ModelException>(), $"{length} bytes");
        }

        var random = new Random(3);
        int[] structural = [.. Enumerable.Range(0, 60), .. Enumerable.Range(0, 200).Select(_ => random.Next(state.Length))];
        foreach (int at in structural)
        {
            foreach (byte value in new byte[] { 0x00, 0x7f, 0x80, 0xff })
            {
                byte[] changed = [.. state];
                changed[at] = value;
                try
                {
                    TrainingState.Read(target, changed);
                }
                catch (ModelException)
                {
                    // As it should be; or it was a number that may have any value.
                }
            }
        }
    }

    private static BlindReplica Trained(OptimizerSettings optimizer)
    {
        var replica = new BlindReplica(Setup, optimizer, Format, CPU);
        Update(replica, seed: 1, new StepId(1, 0, 0));
        Update(replica, seed: 2, Step);
        return replica;
    }

    private static void Update(BlindReplica replica, int seed, StepId step)
    {
        manual_seed(seed);
        using Tensor gradient = rand_like(replica.Parameters.Gradient);
        replica.Parameters.Gradient.copy_(gradient);
        replica.Parameters.GradientToHost();
        replica.Update(step);
    }
}
