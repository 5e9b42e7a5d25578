using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Unit.Compat;

public class AutogradTests
{
    [Test]
    public void Backward_multiplies_the_given_gradient_and_accumulates()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = tensor(new float[] { 1, 2 }).requires_grad_();
        Tensor y = x * x;
        y.backward([tensor(new float[] { 10, 100 })], retain_graph: true);
        y.backward([ones(2)]);
        Assert.That(x.grad!.data<float>().ToArray(), Is.EqualTo(new[] { 22f, 404f }));
        Assert.That(x.is_leaf && !y.is_leaf && y.requires_grad, Is.True);
        x.grad = null;
        Assert.That(x.grad, Is.Null);
    }

    [Test]
    public void Backward_with_inputs_leaves_the_other_leaves_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor a = ones(2).requires_grad_(), b = ones(2).requires_grad_();
        (a * b).sum().backward(inputs: [a]);
        Assert.That(a.grad, Is.Not.Null);
        Assert.That(b.grad, Is.Null);
    }

    [Test]
    public void No_grad_records_nothing_and_ends_with_its_using()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = ones(2).requires_grad_();
        using (no_grad())
        {
            Assert.That((x * 2).requires_grad, Is.False);
            using (enable_grad()) Assert.That((x * 2).requires_grad, Is.True);
            Assert.That((x * 2).requires_grad, Is.False);
        }

        using (inference_mode()) Assert.That((x * 2).requires_grad, Is.False);
        Assert.That((x * 2).requires_grad, Is.True);
        Assert.That((x * 2).detach().requires_grad, Is.False);
    }

    [Test]
    public void Parameters_that_are_views_of_one_flat_tensor_train_bitwise_like_separate_ones()
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(1);
        using Sequential separate = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3));
        manual_seed(1);
        using Sequential model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3));
        long size = model.parameters().Sum(p => p.numel());
        Tensor flat = zeros(size), flatGrad = zeros(size);
        long at = 0;
        using (no_grad())
        {
            foreach (Parameter parameter in model.parameters())
            {
                Tensor view = flat.narrow(0, at, parameter.numel()).view(parameter.shape);
                view.copy_(parameter);
                parameter.set_(view);
                parameter.grad = flatGrad.narrow(0, at, parameter.numel()).view(parameter.shape);
                at += parameter.numel();
            }
        }

        using var whole = new Parameter(flat.detach()) { grad = flatGrad };
        using optim.Optimizer one = optim.Adadelta([whole]);
        using optim.Optimizer many = optim.Adadelta(separate.parameters());
        for (int step = 0; step < 4; step++)
        {
            Tensor x = randn(6, 4), y = tensor(new long[] { 0, 1, 2, 0, 1, 2 });
            flatGrad.zero_();
            many.zero_grad();
            nn.functional.cross_entropy(model.call(x), y).backward();
            nn.functional.cross_entropy(separate.call(x), y).backward();
            one.step();
            many.step();
        }

        Tensor expected = cat(separate.parameters().Select(p => p.detach().flatten()).ToArray());
        Assert.That(flat.bytes.SequenceEqual(expected.bytes), Is.True, "flat and separate training differ");
        Assert.That(flatGrad.abs().sum().ToSingle(), Is.GreaterThan(0f), "backward did not reach the flat gradient");
    }
}
