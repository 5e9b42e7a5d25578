using TraversalLearning.Data;
using TraversalLearning.Nodes;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Unit.Nodes;

public sealed class GeneratorGuardTests
{
    [Test]
    public void Draws_under_a_guard_do_not_move_those_after_it()
    {
        float[] expected = Draw(static () => { });
        float[] guarded = Draw(static () =>
        {
            using GeneratorGuard? guard = GeneratorGuard.Seeded(new SeededRandom(1));
            rand(7).Dispose();
        });
        Assert.That(guarded, Is.EqualTo(expected));
    }

    private static float[] Draw(Action between)
    {
        manual_seed(5);
        rand(3).Dispose();
        between();
        using Tensor drawn = rand(3);
        return drawn.data<float>().ToArray();
    }
}
