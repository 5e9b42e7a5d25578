using TraversalLearning.Models;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Unit.Models;

/// <summary>What the product that nobody wants must not leave behind; each time in a thread of its own, since one does it once.</summary>
public sealed class OperandBuffersTests
{
    [Test]
    public void It_leaves_no_tensor() => TensorCount.AssertSteady(_ => InThread(() => OperandBuffers.Touch(CPU)), steps: 3);

    [Test]
    public void What_is_drawn_afterwards_is_what_is_drawn_without_it()
    {
        manual_seed(7);
        using Tensor before = get_rng_state();
        InThread(() => OperandBuffers.Touch(CPU));
        using Tensor after = get_rng_state();
        Assert.That(after.bytes.ToArray(), Is.EqualTo(before.bytes.ToArray()));
    }

    [Test]
    public void It_leaves_gradients_on()
    {
        bool enabled = false;
        InThread(() =>
        {
            OperandBuffers.Touch(CPU);
            enabled = is_grad_enabled();
        });
        Assert.That(enabled, Is.True);
    }

    private static void InThread(Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                set_num_threads(1);
                action();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        Assert.That(failure, Is.Null);
    }
}
