namespace TraversalLearning.Tests;

public class Smoke { [Test] public void X() => Assert.That(1, Is.EqualTo(1)); }
