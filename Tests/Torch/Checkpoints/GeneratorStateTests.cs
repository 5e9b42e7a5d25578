using System.Buffers.Binary;
using TraversalLearning.Orchestration.Training.Model;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Checkpoints;

public sealed class GeneratorStateTests
{
    [Test]
    public void Every_state_that_a_generator_comes_to_is_sound()
    {
        manual_seed(3);
        for (int drawn = 0; drawn < 1300; drawn++)
        {
            using Tensor state = get_rng_state();
            Assert.That(GeneratorState.IsSound(state.bytes), Is.True, $"after {drawn} numbers");
            using Tensor number = rand(1);
        }
    }

    [TestCase(0, 1, 0ul)]
    [TestCase(-1, 1, 0ul)]
    [TestCase(625, 1, 0ul)]
    [TestCase(1, 0, 0ul)]
    [TestCase(1, 1, 625ul)]
    [TestCase(624, 1, 2ul)]
    [TestCase(1, 1, 1ul << 32)]
    [TestCase(1, 1, ulong.MaxValue)]
    public void A_state_with_which_the_library_would_end_the_process_or_read_beyond_its_numbers_is_not(int left, int seeded, ulong next)
    {
        using Tensor state = get_rng_state();
        byte[] bytes = state.bytes.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), left);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), seeded);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), next);
        Assert.That(GeneratorState.IsSound(bytes), Is.False);
    }
}
