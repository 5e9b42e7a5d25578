using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Unit.Compat;

public class ModuleTests
{
    [Test]
    public void Fields_are_registered_under_their_names()
    {
        using var net = new Net();
        Assert.That(
            net.named_parameters().Select(p => p.name),
            Is.EquivalentTo(new[] { "first.weight", "first.bias", "rest.out.weight", "rest.out.bias", "scale" }));
        Assert.That(net.named_buffers().Select(b => b.name), Is.EqualTo(new[] { "seen" }));
        Assert.That(net.named_children().Select(c => c.name), Is.EquivalentTo(new[] { "first", "rest" }));
        Assert.That(net.state_dict().Keys, Does.Contain("rest.out.weight").And.Contain("seen"));
    }

    [Test]
    public void State_moves_from_one_module_to_another()
    {
        using DisposeScope scope = NewDisposeScope();
        using var from = new Net();
        using var to = new Net();
        Tensor x = randn(2, 3);
        Assert.That(to.call(x).allclose(from.call(x)), Is.False);
        to.load_state_dict(from.state_dict());
        Assert.That(to.call(x).Equals(from.call(x)), Is.True);

        Dictionary<string, Tensor> partial = from.state_dict();
        partial.Remove("scale");
        Assert.Throws<InvalidOperationException>(() => to.load_state_dict(partial));
        Assert.That(to.load_state_dict(partial, strict: false).missing_keys, Is.EqualTo(new[] { "scale" }));
    }

    [Test]
    public void Dropout_works_in_training_mode_only()
    {
        using DisposeScope scope = NewDisposeScope();
        using Sequential model = nn.Sequential(nn.Dropout(0.5));
        Tensor x = ones(1000);
        Tensor dropped = model.call(x);
        Assert.That(dropped.eq(0).any().ToBoolean() && dropped.eq(2).any().ToBoolean(), Is.True);
        model.eval();
        Assert.That(model.training || model[0] is Dropout { training: true }, Is.False);
        Assert.That(model.call(x).Equals(x), Is.True);
        model.train();
        Assert.That(model.training, Is.True);
    }

    [Test]
    public void To_converts_every_parameter_and_gradients_stay_usable()
    {
        using DisposeScope scope = NewDisposeScope();
        using var net = new Net();
        Assert.That(net.to(float64), Is.SameAs(net));
        Assert.That(net.parameters().Select(p => p.dtype), Is.All.EqualTo(float64));
        net.call(randn(2, 3, float64)).sum().backward();
        Assert.That(net.parameters().All(p => p.grad is not null), Is.True);
        net.zero_grad();
        Assert.That(net.parameters().All(p => p.grad is null), Is.True);
    }

    [Test]
    public void Setting_a_layers_weight_replaces_the_registered_parameter()
    {
        using Linear linear = nn.Linear(2, 1);
        Parameter old = linear.weight;
        linear.weight = new Parameter(ones(1, 2));
        Assert.That(old.IsInvalid, Is.True);
        Assert.That(linear.parameters().First().sum().item<float>(), Is.EqualTo(2f));
        Assert.That(linear.parameters().Count(), Is.EqualTo(2));
    }

    [Test]
    public void Padding_same_keeps_the_image_size()
    {
        using DisposeScope scope = NewDisposeScope();
        using Conv2d same = nn.Conv2d(1, 2, 3, Padding.Same), valid = nn.Conv2d(1, 2, (3, 5), padding: (0, 1));
        Assert.That(same.call(zeros(1, 1, 6, 6)).shape, Is.EqualTo(new long[] { 1, 2, 6, 6 }));
        Assert.That(valid.call(zeros(1, 1, 6, 6)).shape, Is.EqualTo(new long[] { 1, 2, 4, 4 }));
    }

    private sealed class Net : nn.Module<Tensor, Tensor>
    {
        private readonly Linear first = nn.Linear(3, 4);
        private readonly Sequential rest = nn.Sequential(("relu", nn.ReLU()), ("out", nn.Linear(4, 2)));
        private readonly Parameter scale = new(ones(1));
        private readonly Tensor seen = zeros(1);

        public Net()
            : base(nameof(Net)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            using Tensor hidden = first.call(input);
            using Tensor result = rest.call(hidden);
            using Tensor shift = seen.add(scale);
            return result.mul(shift);
        }
    }
}
