using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;

namespace TraversalLearning.Tests.Unit.Data;

/// <summary>The distribution, and the two functions that it is drawn with.</summary>
public sealed class DirichletTests
{
    [TestCase(0.1)]
    [TestCase(0.5)]
    [TestCase(1.0)]
    [TestCase(4.0)]
    [TestCase(100.0)]
    public void Shares_have_the_mean_and_the_variance_of_the_distribution(double alpha)
    {
        const int Draws = 20_000;
        const int Count = 4;
        var random = new SeededRandom(11);
        double sum = 0;
        double squares = 0;
        for (int draw = 0; draw < Draws; draw++)
        {
            double[] shares = Dirichlet.Sample(random, alpha, Count);
            Assert.That(shares.Sum(), Is.EqualTo(1).Within(1e-12));
            sum += shares[0];
            squares += shares[0] * shares[0];
        }

        // Four standard errors of the mean; the variance's own error depends on the kurtosis: 5 % is several of them for each of these alphas.
        double mean = sum / Draws;
        double variance = (1.0 / Count) * (1 - (1.0 / Count)) / ((Count * alpha) + 1);
        Assert.That(mean, Is.EqualTo(1.0 / Count).Within(4 * Math.Sqrt(variance / Draws)));
        Assert.That((squares / Draws) - (mean * mean), Is.EqualTo(variance).Within(0.05 * variance));
    }

    [Test]
    public void The_least_alpha_gives_one_share_all_and_the_largest_gives_all_the_same()
    {
        Assert.That(Dirichlet.Sample(new SeededRandom(1), 0.001, 100).Max(), Is.EqualTo(1).Within(0.01));
        Assert.That(Dirichlet.Sample(new SeededRandom(1), 1e6, 100), Has.All.EqualTo(0.01).Within(1e-4));
    }

    [Test]
    public void Logarithm_and_exponential_are_those_of_the_library_but_for_the_last_places()
    {
        var random = new SeededRandom(3);
        for (int i = 0; i < 10_000; i++)
        {
            double value = random.NextDouble() * Math.Pow(10, random.Next(40) - 20);
            Assert.That(PortableMath.Log(value), Is.EqualTo(Math.Log(value)).Within(1e-15 * Math.Max(1, Math.Abs(Math.Log(value)))));
            double power = -700 * random.NextDouble();
            Assert.That(PortableMath.Exp(power), Is.EqualTo(Math.Exp(power)).Within(2e-13 * Math.Exp(power)));
        }

        Assert.That(PortableMath.Log(1), Is.Zero);
        Assert.That(PortableMath.Exp(0), Is.EqualTo(1));
        Assert.That(PortableMath.Exp(double.NegativeInfinity), Is.Zero);
    }

    [Test]
    public void Uniform_numbers_are_never_0_or_1_and_even()
    {
        var random = new SeededRandom(5);
        double[] numbers = [.. Enumerable.Range(0, 100_000).Select(_ => random.NextDouble())];
        Assert.That(numbers.Min(), Is.GreaterThan(0));
        Assert.That(numbers.Max(), Is.LessThan(1));
        Assert.That(Enumerable.Range(0, 10).Select(tenth => numbers.Count(n => (int)(n * 10) == tenth)), Has.All.EqualTo(10_000).Within(400));
    }
}
