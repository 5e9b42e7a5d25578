using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Unit.Compat;

[NonParallelizable]
public class DisposeScopeTests
{
    [Test]
    public void A_scope_disposes_what_was_created_in_it_and_nothing_else()
    {
        using Tensor before = zeros(1);
        Tensor inside;
        using (DisposeScope scope = NewDisposeScope())
        {
            inside = zeros(1);
            zeros(1).Dispose();
            Assert.That(scope.DisposablesCount, Is.EqualTo(1));
            Assert.That(scope.Contains(inside), Is.True);
        }

        Assert.That(inside.IsInvalid, Is.True);
        Assert.That(before.IsInvalid, Is.False);
    }

    [Test]
    public void Moved_detached_and_attached_tensors_live_as_long_as_their_new_owner()
    {
        Tensor moved, free, both;
        using (DisposeScope outer = NewDisposeScope())
        {
            using (DisposeScope inner = NewDisposeScope())
            {
                moved = zeros(1).MoveToOuterDisposeScope();
                free = zeros(1).DetachFromDisposeScope();
                both = inner.MoveToOuter(zeros(1));
                Assert.That(inner.DisposablesCount, Is.Zero);
            }

            Assert.That(outer.DisposablesCount, Is.EqualTo(2));
            Assert.That(moved.IsInvalid || both.IsInvalid, Is.False);
        }

        Assert.That(moved.IsInvalid && both.IsInvalid, Is.True);
        Assert.That(free.IsInvalid, Is.False);
        using (DisposeScope last = NewDisposeScope()) last.Attach(free);
        Assert.That(free.IsInvalid, Is.True);
    }

    [Test]
    public void DisposeEverythingBut_keeps_what_it_is_told_to()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor kept = zeros(1), other = zeros(1);
        scope.DisposeEverythingBut(kept);
        Assert.That(other.IsInvalid, Is.True);
        Assert.That(kept.IsInvalid, Is.False);
    }

    [Test]
    public void Scopes_are_per_thread()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor? elsewhere = null;
        var thread = new Thread(() => elsewhere = zeros(1));
        thread.Start();
        thread.Join();
        Assert.That(scope.DisposablesCount, Is.Zero);
        elsewhere!.Dispose();
    }

    [Test]
    public void A_parameter_takes_the_place_of_the_tensor_that_it_is_made_of()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor data = zeros(2);
        var parameter = new Parameter(data);
        Assert.That(data.IsInvalid, Is.True);
        Assert.That(scope.Contains(parameter) && scope.DisposablesCount == 1, Is.True);
        Assert.That(parameter.requires_grad, Is.True);
    }

    [Test]
    public void A_modules_parameters_outlive_the_scope_that_it_was_made_in()
    {
        Linear linear;
        using (NewDisposeScope()) linear = nn.Linear(2, 2);
        Assert.That(linear.weight.IsInvalid, Is.False);
        Parameter weight = linear.weight;
        linear.Dispose();
        Assert.That(weight.IsInvalid, Is.True);
    }

    [TestCase("Adadelta")]
    [TestCase("SGD")]
    [TestCase("Adam")]
    [TestCase("AdamW")]
    public void Training_steps_leave_no_tensor_behind(string name)
    {
        using Sequential model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Dropout(0.2), nn.Linear(3, 2));
        using optim.Optimizer optimizer = name switch
        {
            "Adadelta" => optim.Adadelta(model.parameters(), weight_decay: 0.1),
            "SGD" => optim.SGD(model.parameters(), 0.1, momentum: 0.9, nesterov: true, weight_decay: 0.1),
            "Adam" => optim.Adam(model.parameters(), amsgrad: true, weight_decay: 0.1),
            _ => optim.AdamW(model.parameters(), amsgrad: true, weight_decay: 0.1),
        };
        void Step()
        {
            using DisposeScope scope = NewDisposeScope();
            optimizer.zero_grad();
            nn.functional.cross_entropy(model.call(randn(5, 4)), zeros(5, int64)).backward();
            nn.utils.clip_grad_norm_(model.parameters(), 1);
            optimizer.step();
        }

        Step();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;
        for (int i = 0; i < 3; i++) Step();
        Assert.That(Tensor.TotalCount, Is.EqualTo(before));
    }

    [Test]
    public void A_forgotten_tensor_is_freed_by_its_finalizer()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;
        Forget();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.That(Tensor.TotalCount, Is.EqualTo(before));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void Forget()
    {
        for (int i = 0; i < 10; i++) zeros(3);
    }
}
