using TorchSharp;
using TraversalLearning.Hosting;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Hosting;

/// <summary>What libtorch's results depend on is settled for the process, before the library is loaded.</summary>
public sealed class LibTorchTests
{
    [Test]
    public void Every_thread_computes_with_the_number_of_the_process()
    {
        int[] numbers = new int[8];
        Thread[] threads = [.. numbers.Select((_, i) => new Thread(() =>
        {
            // A product first: MKL has a number of its own.
            using Tensor product = ones(64, 64).mm(ones(64, 64));
            numbers[i] = get_num_threads();
        }))];
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        Assert.That(numbers, Is.All.EqualTo(LibTorch.Loaded!.Threads));
    }

    [Test]
    public void The_number_of_threads_is_settled_once()
    {
        LibTorch loaded = LibTorch.Loaded!;
        Assert.That(loaded.Threads, Is.EqualTo(1));
        Assert.That(LibTorch.Load(1), Is.SameAs(loaded));
        Assert.That(LibTorch.Load(0), Is.SameAs(loaded), "whatever the process computes with");
        Assert.That(
            () => LibTorch.Load(2),
            Throws.InstanceOf<UserErrorException>().With.Property("ExitCode").EqualTo(ExitCode.Usage).And.Message.Contains("--threads 1 already"));
    }

    [Test]
    public void Rows_of_a_product_do_not_depend_on_where_their_operands_lie()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor left = randn(33, 100), right = randn(100, 70);
        byte[] expected = left.mm(right).bytes.ToArray();
        for (int offset = 1; offset < 16; offset++)
        {
            Tensor moved = empty((33 * 100) + offset).narrow(0, offset, 33 * 100).view(33, 100).copy_(left);
            Assert.That(moved.mm(right).bytes.SequenceEqual(expected), Is.True, $"{offset} elements further");
        }
    }

    [TestCase(
        "Unable to load shared library 'LibTorchSharp' or one of its dependencies. Consider:\n/a/LibTorchSharp.so: cannot open shared object file: No such file or directory\n"
        + "/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /a/libLibTorchSharp.so)\nLibTorchSharp: cannot open shared object file: No such file or directory\n",
        "/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /a/libLibTorchSharp.so)")]
    [TestCase(
        "Unable to load shared library.\n/a/libLibTorchSharp.so: cannot open shared object file: No such file or directory\nLibTorchSharp: cannot open shared object file: No such file or directory\n", "there is no libLibTorchSharp.so beside the program")]
    [TestCase(
        "Unable to load shared library.\nlibtorch.so: cannot open shared object file: No such file or directory\n", "libtorch.so: cannot open shared object file: No such file or directory")]
    public void Why_it_cannot_be_loaded_is_one_line(string said, string reason) => Assert.That(LibTorch.Reason(said), Is.EqualTo(reason));
}
