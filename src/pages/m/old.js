// For browsers that know no modules: says what to do, instead of staying empty.
document.getElementById('boot').textContent = '您的微信版本太旧，打不开这个页面。请把微信更新到新版本，或者打电话给教育中心。';
